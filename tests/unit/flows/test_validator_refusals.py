"""What a validator is shown by requesters that don't play by the rules."""

from dataclasses import replace
from datetime import timedelta

import pytest

from corda_sim.core.contracts import Amount, Issued, StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.signatures import sign_transaction_id
from corda_sim.core.errors import SignatureException
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
from flows.cash.issue import CashIssueFlow
from flows.database import reader
from flows.fetching import (
    DownloadedVsRequestedDataMismatch,
    DownloadedVsRequestedSizeMismatch,
    FetchData,
    FetchEnd,
    FetchRequest,
    HashNotFound,
)
from flows.refusals import InvalidTransactionRefused, UnknownNotaryRefused
from flows.validation import RequestValidationFlow, ValidatorFlow
from states.cash import CashState, Exit, Issue, Move
from tests.unit.flows.conftest import NewNetwork

YEN = Amount.parse("100 JPY")


@initiating_flow("test.RequestBadly")
class RequestBadly(FlowLogic[None]):
    """Shows the validator a transaction, and answers its questions with what it is told to."""

    def __init__(
        self, validator: Party, shown: SignedTransaction, answer: tuple[SignedTransaction, ...]
    ) -> None:
        self.validator, self.shown, self.answer = validator, shown, answer

    async def call(self) -> None:
        session = self.initiate_flow(self.validator)
        await session.send(self.shown)
        while True:
            received = await session.receive(FetchRequest)
            asked = received.unwrap(lambda value: value)
            if isinstance(asked, FetchEnd):
                break
            assert isinstance(asked, FetchData)
            await session.send(self.answer)
        await session.receive(object)


@initiating_flow("test.RequestWithoutChain")
class RequestWithoutChain(FlowLogic[None]):
    """Shows the validator a transaction whose dependencies it says it hasn't."""

    def __init__(self, validator: Party, shown: SignedTransaction) -> None:
        self.validator, self.shown = validator, shown

    async def call(self) -> None:
        session = self.initiate_flow(self.validator)
        await session.send(self.shown)
        await session.receive(FetchRequest)
        raise HashNotFound(self.shown.inputs[0].txhash)


class Judge(FlowLogic[None]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        await self.sub_flow(ValidatorFlow(self.session))


@initiated_by(RequestBadly)
class JudgeBadly(Judge):
    """The validator's side."""


@initiated_by(RequestWithoutChain)
class JudgeWithoutChain(Judge):
    """The validator's side."""


@initiating_flow("test.AskForger")
class AskForger(FlowLogic[SignedTransaction]):
    """Runs the requester's side towards one that signs with another key."""

    def __init__(self, shown: SignedTransaction, forger: Party) -> None:
        self.shown, self.forger = shown, forger

    async def call(self) -> SignedTransaction:
        return await self.sub_flow(RequestValidationFlow(self.shown, self.forger))


APP = CordApp(
    "test",
    flows=(RequestBadly, RequestWithoutChain, JudgeBadly, JudgeWithoutChain, AskForger),
)


@pytest.fixture
def network(new_network: NewNetwork) -> MockNetwork:
    return new_network(APP)


def build(network: MockNetwork, builder: TransactionBuilder, *signers: str) -> SignedTransaction:
    wire = builder.to_wire_transaction(network["PartyA"].hub, b"\7" * 32)
    return SignedTransaction.of(
        wire, [sign_transaction_id(network.keys[name], wire.id) for name in signers]
    )


def window(network: MockNetwork, builder: TransactionBuilder) -> TransactionBuilder:
    start = network.parameters.modified_time
    return builder.set_time_window(start, timedelta(seconds=60))


def coin(network: MockNetwork) -> CashState:
    token = Issued(PartyAndReference(network.party_of("PartyA"), b"\1"), YEN.token)
    validator = network.party_of("Validator").owning_key
    return CashState(
        amount=YEN.with_token(token), owner=network.party_of("PartyA"), validator_key=validator
    )


def issue(network: MockNetwork, *signers: str) -> SignedTransaction:
    """An issue of a stablecoin that names only these signers."""
    builder = TransactionBuilder(network.notary_party).add_output_state(coin(network))
    keys = [network.party_of(name).owning_key for name in signers]
    return build(network, builder.add_command(Issue(), *keys), *signers)


def leave(network: MockNetwork, origin: SignedTransaction) -> SignedTransaction:
    """An exit of the coin that `origin` makes, signed by its owner."""
    state = origin.out_ref(0)
    builder = TransactionBuilder(network.notary_party).add_input_state(state)
    data = state.state.data
    me, validator = network.party_of("PartyA").owning_key, data.validator_key
    builder.add_command(Move(), me).add_command(Exit(data.amount, validator), me, validator)
    return build(network, window(network, builder), "PartyA")


def show(network: MockNetwork, shown: SignedTransaction, *answer: SignedTransaction) -> None:
    network["PartyA"].run_flow(RequestBadly(network.party_of("Validator"), shown, answer))


def logged(network: MockNetwork) -> int:
    rows = reader(network["Validator"].url)
    return len(rows("SELECT * FROM validator_log")) + len(rows("SELECT * FROM validator_locks"))


def test_a_chain_that_breaks_a_contract(network: MockNetwork) -> None:
    forged = issue(network, "PartyA")
    with pytest.raises(InvalidTransactionRefused, match="the validator signs the issue"):
        show(network, leave(network, forged), forged)
    assert logged(network) == 0


def test_a_chain_without_its_signatures(network: MockNetwork) -> None:
    wire = issue(network, "PartyA", "Validator")
    unsigned = SignedTransaction.of(wire.tx, [sign_transaction_id(network.keys["PartyA"], wire.id)])
    with pytest.raises(InvalidTransactionRefused, match="Missing signatures"):
        show(network, leave(network, wire), unsigned)


def test_a_chain_with_a_signature_that_does_not_hold(network: MockNetwork) -> None:
    good = issue(network, "PartyA", "Validator")
    other = SecureHash.sha256(b"other")
    bad = sign_transaction_id(network.keys["Validator"], other)
    forged = SignedTransaction.of(good.tx, [good.sigs[0], bad])
    with pytest.raises(InvalidTransactionRefused):
        show(network, leave(network, good), forged)


def test_a_chain_that_is_not_given(network: MockNetwork) -> None:
    good = issue(network, "PartyA", "Validator")
    exited = leave(network, good)
    with pytest.raises(DownloadedVsRequestedSizeMismatch):
        show(network, exited)
    with pytest.raises(DownloadedVsRequestedDataMismatch):
        show(network, exited, exited)
    with pytest.raises(HashNotFound):
        network["PartyA"].run_flow(RequestWithoutChain(network.party_of("Validator"), exited))
    assert logged(network) == 0


def test_an_output_that_is_not_there(network: MockNetwork) -> None:
    good = issue(network, "PartyA", "Validator")
    wrong = good.out_ref(0)
    moved = type(wrong)(wrong.state, StateRef(good.id, 7))
    builder = TransactionBuilder(network.notary_party).add_input_state(moved)
    me, validator = (network.party_of(name).owning_key for name in ("PartyA", "Validator"))
    builder.add_command(Move(), me)
    builder.add_command(Exit(coin(network).amount, validator), me, validator)
    with pytest.raises(InvalidTransactionRefused):
        show(network, build(network, window(network, builder), "PartyA"), good)


def test_a_signature_of_the_requester_that_does_not_hold(network: MockNetwork) -> None:
    good = issue(network, "PartyA", "Validator")
    exited = leave(network, good)
    bad = sign_transaction_id(network.keys["PartyA"], SecureHash.sha256(b"other"))
    with pytest.raises(InvalidTransactionRefused):
        show(network, SignedTransaction.of(exited.tx, [bad]), good)


def test_an_attachment_that_the_operator_does_not_trust(network: MockNetwork) -> None:
    validator = network["Validator"]
    with validator.storage.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE node_attachments SET uploader = 'p2p'")
    validator.site = replace(validator.site, attachments=())
    validator.restart()
    flow = CashIssueFlow(YEN, validator=validator.party)
    with pytest.raises(InvalidTransactionRefused, match="ntrusted"):
        network["PartyA"].run_flow(flow)
    assert logged(network) == 0


def test_a_notary_that_never_was_one(network: MockNetwork) -> None:
    flow = CashIssueFlow(
        YEN, notary=network.party_of("PartyB"), validator=network.party_of("Validator")
    )
    with pytest.raises(InvalidTransactionRefused, match="is not on the network parameter"):
        network["PartyA"].run_flow(flow)


def test_a_notary_that_is_none_any_more(network: MockNetwork) -> None:
    hub, old = network["Validator"].hub, network.parameters
    hub.past_parameters[old.hash] = old
    hub.network_parameters = replace(old, notaries=(), epoch=2)
    flow = CashIssueFlow(YEN, validator=network.party_of("Validator"))
    with pytest.raises(UnknownNotaryRefused, match="not a notary on the network"):
        network["PartyA"].run_flow(flow)


def test_a_node_that_is_no_validator_signs_nothing(network: MockNetwork) -> None:
    flow = CashIssueFlow(YEN, validator=network.party_of("PartyB"))
    with pytest.raises((UnexpectedFlowEndException, FlowException, SignatureException)):
        network["PartyA"].run_flow(flow)
    assert network["PartyA"].hub.vault.balances() == ()


def test_the_log_tells_who_asked_and_until_when(network: MockNetwork) -> None:
    a = network["PartyA"]
    stx = a.run_flow(CashIssueFlow(YEN, validator=network.party_of("Validator")))
    rows = reader(network["Validator"].url)
    (row,) = rows("SELECT * FROM validator_log")
    assert (row.transaction_id, row.state_ref) == (str(stx.id), "")
    assert row.requester == str(a.party.name)
    assert row.until_time - row.signed_at == 60_000_000
    assert rows("SELECT * FROM validator_locks") == []
