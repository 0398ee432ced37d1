import pytest

from corda_sim.core.contracts import Amount, Issued
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.signatures import sign_transaction_id
from corda_sim.core.errors import IllegalArgumentError, SignaturesMissingException
from corda_sim.core.identity import Party, PartyAndReference
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder
from corda_sim.flow import FlowException, FlowLogic, FlowSession, initiated_by, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.testing.mock_network import MockNetwork
from flows.finality import FinalityFlow, ReceiveFinalityFlow
from flows.signatures import CollectSignaturesFlow, SignTransactionFlow
from states.cash import CashState, Issue
from tests.unit.flows.conftest import NewNetwork

YEN = Amount.parse("100 JPY")


@initiating_flow("test.IssueTo")
class IssueTo(FlowLogic[SignedTransaction]):
    """Issues a coin to `owner`; `cosigner` signs too. Sessions go to `reached`."""

    def __init__(
        self, owner: Party, reached: tuple[Party, ...], cosigner: Party | None = None
    ) -> None:
        self.owner, self.reached, self.cosigner = owner, reached, cosigner

    async def call(self) -> SignedTransaction:
        hub, me = self.service_hub, self.our_identity
        token = Issued(PartyAndReference(me, b"\1"), YEN.token)
        builder = TransactionBuilder(hub.notary_identities()[0])
        builder.add_output_state(CashState(amount=YEN.with_token(token), owner=self.owner))
        others = () if self.cosigner is None else (self.cosigner.owning_key,)
        builder.add_command(Issue(), me.owning_key, *others)
        stx = hub.sign_initial_transaction(builder)
        sessions = [self.initiate_flow(party) for party in self.reached]
        if self.cosigner is not None:
            for session in sessions:
                await session.send(session.counterparty == self.cosigner)
            signing = [one for one in sessions if one.counterparty == self.cosigner]
            stx = await self.sub_flow(CollectSignaturesFlow(stx, signing))
        else:
            for session in sessions:
                await session.send(False)
        return await self.sub_flow(FinalityFlow(stx, sessions))


class SignSmall(SignTransactionFlow):
    def check_transaction(self, stx: SignedTransaction) -> None:
        if stx.outputs[0].data.owner == self.session.counterparty:
            raise IllegalArgumentError("not to yourself")


@initiated_by(IssueTo)
class Receiver(FlowLogic[SignedTransaction]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> SignedTransaction:
        expected: SecureHash | None = None
        if (await self.session.receive(bool)).unwrap(bool):
            expected = (await self.sub_flow(SignSmall(self.session))).id
        return await self.sub_flow(ReceiveFinalityFlow(self.session, expected))


APP = CordApp("test", flows=(IssueTo, Receiver))


@pytest.fixture
def network(new_network: NewNetwork) -> MockNetwork:
    return new_network(APP)


def test_all_participants_record_it(network: MockNetwork) -> None:
    a, b, v = (network[name] for name in ("PartyA", "PartyB", "Validator"))
    stx = a.run_flow(IssueTo(b.party, (b.party, v.party)))
    assert all(node.hub.is_verified(stx.id) for node in (a, b, v))


def test_a_participant_without_session(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    with pytest.raises(IllegalArgumentError, match=r"were not provided .*\[O=PartyB"):
        a.run_flow(IssueTo(b.party, ()))


def test_a_session_with_oneself(network: MockNetwork) -> None:
    a = network["PartyA"]
    with pytest.raises(IllegalArgumentError, match="Do not provide flow sessions for the local"):
        a.run_flow(IssueTo(a.party, (a.party,)))


def test_signatures_are_collected(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    stx = a.run_flow(IssueTo(b.party, (b.party,), b.party))
    assert {signature.by for signature in stx.sigs} == {a.party.owning_key, b.party.owning_key}
    assert b.hub.is_verified(stx.id)


def test_a_signer_may_refuse(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    with pytest.raises(FlowException, match="not to yourself"):
        a.run_flow(IssueTo(a.party, (b.party,), b.party))


def test_a_signer_without_session(network: MockNetwork) -> None:
    b, v = (network[name].party for name in ("PartyB", "Validator"))
    with pytest.raises(IllegalArgumentError, match="is a required signer, but no session"):
        network["PartyA"].run_flow(IssueTo(b, (b,), v))


def test_a_missing_signature_stops_finality(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    token = Issued(PartyAndReference(b.party, b"\1"), YEN.token)
    builder = TransactionBuilder(network.notary_party)
    builder.add_output_state(CashState(amount=YEN.with_token(token), owner=a.party))
    builder.add_command(Issue(), b.party.owning_key, a.party.owning_key)
    wire = builder.to_wire_transaction(a.hub, b"\1" * 32)
    stx = SignedTransaction.of(wire, [sign_transaction_id(network.keys["PartyA"], wire.id)])
    with pytest.raises(SignaturesMissingException):
        a.run_flow(FinalityFlow(stx))
