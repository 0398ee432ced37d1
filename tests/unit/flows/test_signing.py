"""Collecting signatures from counterparties that answer, and initiators that ask, as they like."""

import pytest

from corda_sim.core.contracts import Amount, Issued
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.crypto.signatures import TransactionSignature, sign_transaction_id
from corda_sim.core.errors import IllegalArgumentError, IllegalStateError, SignatureException
from corda_sim.core.identity import Party, PartyAndReference
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder
from corda_sim.flow import (
    FlowException,
    FlowLogic,
    FlowSession,
    UnexpectedFlowEndException,
    initiated_by,
    initiating_flow,
)
from corda_sim.flow.cordapp import CordApp
from corda_sim.testing.mock_network import MockNetwork
from flows.data_vending import SendTransactionFlow
from flows.resolution import ReceiveTransactionFlow
from flows.signatures import CollectSignaturesFlow, SignTransactionFlow
from states.cash import CashState, Issue
from tests.unit.flows.conftest import NewNetwork
from tests.unit.states.ledger import key

YEN = Amount.parse("100 JPY")
Keys = tuple[PublicKey, ...]


@initiating_flow("test.Collect")
class Collect(FlowLogic[SignedTransaction]):
    """Collects signatures in sessions with these parties, one for each time a party is named."""

    def __init__(
        self, stx: SignedTransaction, parties: tuple[Party, ...], mine: Keys | None = None
    ) -> None:
        self.stx, self.parties, self.mine = stx, parties, mine

    async def call(self) -> SignedTransaction:
        sessions = [self.initiate_flow(party) for party in self.parties]
        return await self.sub_flow(CollectSignaturesFlow(self.stx, sessions, self.mine))


class Agree(SignTransactionFlow):
    def check_transaction(self, stx: SignedTransaction) -> None:
        quantity = stx.outputs[0].data.amount.quantity
        if quantity == 1:
            raise IllegalStateError("one is too few")
        assert quantity != 2, "two is too few"


@initiated_by(Collect)
class Cosign(FlowLogic[SignedTransaction]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> SignedTransaction:
        return await self.sub_flow(Agree(self.session))


@initiating_flow("test.CollectFromLiar")
class CollectFromLiar(FlowLogic[SignedTransaction]):
    """Collects from a peer that answers with what it is given beforehand."""

    def __init__(self, stx: SignedTransaction, peer: Party, answer: tuple[object, ...]) -> None:
        self.stx, self.peer, self.answer = stx, peer, answer

    async def call(self) -> SignedTransaction:
        session = self.initiate_flow(self.peer)
        await session.send(self.answer)
        return await self.sub_flow(CollectSignaturesFlow(self.stx, (session,)))


@initiated_by(CollectFromLiar)
class AnswerSo(FlowLogic[None]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        answer = (await self.session.receive(tuple)).unwrap(tuple)
        receiving = ReceiveTransactionFlow(self.session, check_sufficient_signatures=False)
        await self.sub_flow(receiving)
        await self.session.receive(tuple)
        await self.session.send(answer)


@initiating_flow("test.AskToSign")
class AskToSign(FlowLogic[tuple[TransactionSignature, ...]]):
    """Asks a party for signatures by keys of its own choice."""

    def __init__(self, stx: SignedTransaction, peer: Party, keys: tuple[object, ...]) -> None:
        self.stx, self.peer, self.keys = stx, peer, keys

    async def call(self) -> tuple[TransactionSignature, ...]:
        session = self.initiate_flow(self.peer)
        await self.sub_flow(SendTransactionFlow(session, self.stx))
        answer = await session.send_and_receive(tuple, self.keys)
        return answer.unwrap(tuple)


@initiated_by(AskToSign)
class SignAsked(FlowLogic[SignedTransaction]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> SignedTransaction:
        return await self.sub_flow(Agree(self.session))


APP = CordApp("test", flows=(Collect, Cosign, CollectFromLiar, AnswerSo, AskToSign, SignAsked))


@pytest.fixture
def network(new_network: NewNetwork) -> MockNetwork:
    return new_network(APP)


def issue(
    network: MockNetwork,
    *required: str,
    signed: tuple[str, ...] = ("PartyA",),
    quantity: int = 100,
    stranger: PublicKey | None = None,
) -> SignedTransaction:
    """An issue by PartyA that these have to sign, with the signatures of those."""
    token = Issued(PartyAndReference(network.party_of("PartyA"), b"\1"), YEN.token)
    builder = TransactionBuilder(network.notary_party)
    owner = network.party_of("PartyA")
    builder.add_output_state(CashState(amount=Amount(quantity, token), owner=owner))
    keys = [network.party_of(name).owning_key for name in ("PartyA", *required)]
    if stranger is not None:
        keys.append(stranger)
    wire = builder.add_command(Issue(), *keys).to_wire_transaction(
        network["PartyA"].hub, b"\3" * 32
    )
    return SignedTransaction.of(
        wire, [sign_transaction_id(network.keys[name], wire.id) for name in signed]
    )


def collect(network: MockNetwork, stx: SignedTransaction, *names: str) -> SignedTransaction:
    parties = tuple(map(network.party_of, names))
    return network["PartyA"].run_flow(Collect(stx, parties))


def test_all_sign_side_by_side(network: MockNetwork) -> None:
    stx = issue(network, "PartyB", "Validator")
    signed = collect(network, stx, "PartyB", "Validator")
    assert {one.by for one in signed.sigs} == signed.required_signing_keys
    signed.verify_required_signatures()


def test_without_other_signers_nobody_is_asked(network: MockNetwork) -> None:
    stx = issue(network)
    assert collect(network, stx) == stx


def test_those_who_signed_already_are_not_asked(network: MockNetwork) -> None:
    stx = issue(network, "PartyB", "Validator", signed=("PartyA", "PartyB"))
    assert len(collect(network, stx, "Validator").sigs) == 3


@pytest.mark.parametrize(
    ("sessions", "message"),
    [
        ((), "required signer, but no session"),
        (("PartyB", "Validator"), "following extra sessions were passed in"),
        (("PartyB", "PartyB"), "multiple sessions initiated"),
    ],
)
def test_sessions_must_be_those_of_the_signers(
    network: MockNetwork, sessions: tuple[str, ...], message: str
) -> None:
    with pytest.raises(IllegalArgumentError, match=message):
        collect(network, issue(network, "PartyB"), *sessions)


def test_a_key_of_nobody_known(network: MockNetwork) -> None:
    with pytest.raises(IllegalArgumentError, match="Unable to match key"):
        collect(network, issue(network, "PartyB", stranger=key(777)), "PartyB")


def test_the_initiator_signs_first(network: MockNetwork) -> None:
    stx = issue(network, "PartyB", signed=("Validator",))
    with pytest.raises(IllegalArgumentError, match="Initiator of CollectSignaturesFlow must have"):
        collect(network, stx, "PartyB")


def test_the_initiators_own_keys_may_be_named(network: MockNetwork) -> None:
    stx = issue(network, "PartyB")
    mine = (network.party_of("Validator").owning_key,)
    with pytest.raises(IllegalArgumentError, match="must have signed"):
        network["PartyA"].run_flow(Collect(stx, (network.party_of("PartyB"),), mine))


def test_a_signature_of_the_initiator_that_does_not_hold(network: MockNetwork) -> None:
    good = issue(network, "PartyB")
    bad = sign_transaction_id(network.keys["PartyA"], SecureHash.sha256(b"other"))
    with pytest.raises(SignatureException):
        collect(network, SignedTransaction.of(good.tx, [bad]), "PartyB")


@pytest.mark.parametrize(("quantity", "message"), [(1, "one is too few"), (2, "two is too few")])
def test_a_refusal_reaches_the_initiator(network: MockNetwork, quantity: int, message: str) -> None:
    with pytest.raises(FlowException, match=message):
        collect(network, issue(network, "PartyB", quantity=quantity), "PartyB")


def lie(network: MockNetwork, *answer: object) -> SignedTransaction:
    stx = issue(network, "PartyB")
    return network["PartyA"].run_flow(
        CollectFromLiar(stx, network.party_of("PartyB"), tuple(answer))
    )


def signature(network: MockNetwork, name: str, tx_id: SecureHash) -> TransactionSignature:
    return sign_transaction_id(network.keys[name], tx_id)


def test_answers_that_do_not_sign(network: MockNetwork) -> None:
    tx_id = issue(network, "PartyB").id
    right = signature(network, "PartyB", tx_id)
    with pytest.raises(FlowException, match="Need signature for each signing key"):
        lie(network)
    with pytest.raises(FlowException, match="Need signature for each signing key"):
        lie(network, right, right)
    with pytest.raises(FlowException, match="Need signature for each signing key"):
        lie(network, "signed, B")
    with pytest.raises(FlowException, match="Not signed by the required signing key"):
        lie(network, signature(network, "Validator", tx_id))
    with pytest.raises(SignatureException):
        lie(network, signature(network, "PartyB", SecureHash.sha256(b"other")))
    assert len(lie(network, right).sigs) == 2


def ask(network: MockNetwork, stx: SignedTransaction, *keys: object) -> None:
    network["PartyA"].run_flow(AskToSign(stx, network.party_of("PartyB"), tuple(keys)))


def test_requests_that_are_not_signed(network: MockNetwork) -> None:
    a, b, v = (network.party_of(name).owning_key for name in ("PartyA", "PartyB", "Validator"))
    stx = issue(network, "PartyB", "Validator")
    unsigned = SignedTransaction.of(
        stx.tx, [sign_transaction_id(network.keys["Validator"], stx.id)]
    )
    for shown, keys in (
        (stx, ()),
        (stx, ("a key",)),
        (stx, (b, b)),
        (stx, (v,)),
        (stx, (a, b)),
        (issue(network, "Validator"), (b,)),
        (unsigned, (b,)),
    ):
        with pytest.raises(UnexpectedFlowEndException):
            ask(network, shown, *keys)
    ask(network, stx, b)
    assert network["PartyB"].hub.load_verified(stx.id) is None
