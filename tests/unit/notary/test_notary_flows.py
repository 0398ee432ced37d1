"""Notarisation over whole nodes: what a client gets, whatever it sends and whoever dies."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import MetaData, func, select, text

from corda_sim.core.contracts import Amount, TimeWindow
from corda_sim.core.crypto.crypto import sign
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.signatures import (
    PLATFORM_VERSION,
    TransactionSignature,
    sign_transaction_id,
)
from corda_sim.core.errors import SignatureException
from corda_sim.core.serialization import serialize
from corda_sim.core.transactions import (
    ComponentGroup,
    ComponentGroupEnum,
    FilteredTransaction,
    SignedTransaction,
    TransactionBuilder,
    WireTransaction,
)
from corda_sim.flow import FlowLogic, flow_name, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.notary.errors import (
    AnyNotaryError,
    Conflict,
    NotaryException,
    RequestSignatureInvalid,
    TimeWindowInvalid,
    TransactionInvalid,
)
from corda_sim.flow.notary.types import (
    NOTARY_CLIENT_FLOW,
    NotarisationPayload,
    NotarisationRequestSignature,
    NotarisationResponse,
    build_request,
    validate_response,
)
from corda_sim.node.cordapps import installed_cordapps
from corda_sim.testing.checking import check_mock
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from flows.data_vending import DataVendingFlow
from flows.notarise import NotaryFlow, tear_off
from states.cash import CashState, Move

QUANTITY = 0x0102030405060708
"""Large enough to be found again in a database by its bytes."""
MAX_ROUNDS = 30
OTHER_ID = SecureHash.sha256(b"another transaction")
Transaction = SignedTransaction | FilteredTransaction


@initiating_flow(NOTARY_CLIENT_FLOW, version=PLATFORM_VERSION)
class RawClient(FlowLogic[tuple[TransactionSignature, ...]]):
    """A client that checks nothing before it asks."""

    def __init__(self, payload: NotarisationPayload) -> None:
        self.payload = payload

    async def call(self) -> tuple[TransactionSignature, ...]:
        notary = self.service_hub.notary_identities()[0]
        session, transaction = self.initiate_flow(notary), self.payload.transaction
        if isinstance(transaction, SignedTransaction):
            await self.sub_flow(DataVendingFlow((session,), self.payload, (transaction,)))
        else:
            await session.send(self.payload)
        answer = (await session.receive(NotarisationResponse)).unwrap(lambda value: value)
        return validate_response(answer, transaction.id, notary)


@flow_name("test.AskNotary")
class AskNotary(FlowLogic[tuple[TransactionSignature, ...]]):
    def __init__(self, payload: NotarisationPayload) -> None:
        self.payload = payload

    async def call(self) -> tuple[TransactionSignature, ...]:
        return await self.sub_flow(RawClient(self.payload))


def made(validating: bool) -> MockNetwork:
    app = CordApp("test", flows=(AskNotary,))
    return MockNetwork(validating_notary=validating, cordapps=[*installed_cordapps(), app])


@pytest.fixture(params=[True, False], ids=["validating", "non-validating"])
def network(request: pytest.FixtureRequest) -> Iterator[MockNetwork]:
    with made(request.param) as network:
        yield network


@pytest.fixture
def validating() -> Iterator[MockNetwork]:
    with made(True) as network:
        yield network


@pytest.fixture
def non_validating() -> Iterator[MockNetwork]:
    with made(False) as network:
        yield network


def issued(network: MockNetwork, quantity: int = 100) -> SignedTransaction:
    amount = Amount(quantity, Amount.parse("1 JPY").token)
    return network["PartyA"].run_flow(CashIssueFlow(amount))


def move(
    network: MockNetwork,
    issue: SignedTransaction,
    *,
    salt: int = 1,
    window: TimeWindow | None = None,
    gain: int = 0,
) -> WireTransaction:
    """PartyA pays its coin to itself; two salts make two transactions."""
    coin = issue.out_ref(0)
    state = coin.state.data
    assert isinstance(state, CashState)
    builder = TransactionBuilder(network.notary_party).add_input_state(coin)
    total = Amount(state.amount.quantity + gain, state.amount.token)
    builder.add_output_state(state.with_new_owner_and_amount(total, state.owner))
    builder.add_command(Move(), network.party_of("PartyA").owning_key)
    if window is not None:
        builder.set_time_window(window)
    return builder.to_wire_transaction(network["PartyA"].hub, bytes([salt]) * 32)


def signed(network: MockNetwork, wire: WireTransaction, by: str = "PartyA") -> SignedTransaction:
    return SignedTransaction.of(wire, [sign_transaction_id(network.keys[by], wire.id)])


def is_validating(network: MockNetwork) -> bool:
    return network.parameters.notaries[0].validating


def payload(
    network: MockNetwork,
    stx: SignedTransaction,
    *,
    whole: bool | None = None,
    signer: str = "PartyA",
    signed_id: SecureHash | None = None,
) -> NotarisationPayload:
    """What PartyA sends, as told: by default what it should."""
    keys = network.keys[signer]
    data = build_request(stx.inputs, signed_id or stx.id).signed_bytes()
    signature = NotarisationRequestSignature(
        keys.public, sign(keys.private, data), PLATFORM_VERSION
    )
    shown: Transaction = stx
    if not (is_validating(network) if whole is None else whole):
        shown = tear_off(stx, network.notary_party)
    return NotarisationPayload(shown, signature)


def refusal(network: MockNetwork, flow: FlowLogic[tuple[TransactionSignature, ...]]) -> object:
    with pytest.raises(NotaryException) as caught:
        network["PartyA"].run_flow(flow)
    error: AnyNotaryError = caught.value.error
    return error


def rows(node: MockNode, table: str) -> int:
    counted = node.storage.read(select(func.count().label("found")).select_from(text(table)))
    return int(counted[0].found)


def test_a_payment_is_signed_by_the_notary(network: MockNetwork) -> None:
    issued(network)
    pay = CashPaymentFlow(Amount.parse("10 JPY"), network.party_of("PartyB"))

    paid = network["PartyA"].run_flow(pay)

    assert network.notary_party.owning_key in {signature.by for signature in paid.sigs}
    assert network["PartyB"].hub.is_verified(paid.id)
    assert rows(network["Notary"], "notary_committed_transactions") == 1
    assert check_mock(network) == []


def test_a_transaction_without_inputs_or_window_is_not_sent(network: MockNetwork) -> None:
    issue = issued(network)
    assert network.notary_party.owning_key not in {signature.by for signature in issue.sigs}
    assert rows(network["Notary"], "notary_request_log") == 0


def test_a_double_spend_tells_the_hash_of_the_id_alone(network: MockNetwork) -> None:
    issue = issued(network)
    first, second = (signed(network, move(network, issue, salt=salt)) for salt in (1, 2))
    network["PartyA"].run_flow(NotaryFlow(first))

    error = refusal(network, NotaryFlow(second))

    assert isinstance(error, Conflict)
    assert error.tx_id == second.id
    (consumed,) = error.consumed_states
    assert consumed.ref == issue.out_ref(0).ref
    assert consumed.details.hash_of_transaction_id == SecureHash.sha256(bytes(first.id))
    assert str(first.id) not in error.describe()
    assert rows(network["Notary"], "notary_double_spends") == 1


def test_two_at_once_for_one_coin(network: MockNetwork) -> None:
    issue = issued(network)
    asked = [
        network["PartyA"].start_flow(NotaryFlow(signed(network, move(network, issue, salt=salt))))
        for salt in range(1, 6)
    ]
    network.run_network()
    errors = [flow.ended.error for flow in asked if flow.ended is not None]
    assert len(errors) == 5
    assert errors.count(None) == 1
    assert all(isinstance(error, NotaryException) for error in errors if error is not None)


def test_the_same_transaction_again(network: MockNetwork) -> None:
    stx = signed(network, move(network, issued(network)))
    first, second = (network["PartyA"].run_flow(NotaryFlow(stx)) for _ in range(2))
    for signatures in (first, second):
        assert [signature.by for signature in signatures] == [network.notary_party.owning_key]
    assert rows(network["Notary"], "notary_committed_transactions") == 1


def test_a_passed_time_window(network: MockNetwork) -> None:
    start = network.parameters.modified_time
    window = TimeWindow.until_only(start + timedelta(seconds=30))
    early, late = (signed(network, move(network, issued(network), window=window)) for _ in range(2))
    network["PartyA"].run_flow(NotaryFlow(early))
    network.advance(timedelta(seconds=60))

    error = refusal(network, NotaryFlow(late))

    assert error == TimeWindowInvalid(start + timedelta(seconds=60), window)
    # what was signed in time stays signed
    assert network["PartyA"].run_flow(NotaryFlow(early))


def test_a_window_that_has_not_begun(network: MockNetwork) -> None:
    window = TimeWindow.from_only(network.parameters.modified_time + timedelta(seconds=30))
    stx = signed(network, move(network, issued(network), window=window))
    assert isinstance(refusal(network, NotaryFlow(stx)), TimeWindowInvalid)
    network.advance(timedelta(seconds=30))
    assert network["PartyA"].run_flow(NotaryFlow(stx))


@pytest.mark.parametrize(
    "forged", [{"signer": "PartyB"}, {"signed_id": OTHER_ID}], ids=["signer", "transaction"]
)
def test_a_request_is_signed_by_the_requester_over_this_transaction(
    network: MockNetwork, forged: dict[str, str]
) -> None:
    stx = signed(network, move(network, issued(network)))
    error = refusal(network, AskNotary(payload(network, stx, **forged)))  # type: ignore[arg-type]
    assert isinstance(error, RequestSignatureInvalid)
    assert rows(network["Notary"], "notary_committed_states") == 0
    assert network["PartyA"].run_flow(AskNotary(payload(network, stx)))


def test_the_payload_of_the_other_kind_of_notary(network: MockNetwork) -> None:
    stx = signed(network, move(network, issued(network)))
    other = payload(network, stx, whole=not is_validating(network))
    error = refusal(network, AskNotary(other))
    assert isinstance(error, TransactionInvalid)
    assert "discrepancy between the configured notary type" in error.cause


def test_unknown_network_parameters(network: MockNetwork) -> None:
    wire = move(network, issued(network))
    groups = tuple(
        ComponentGroup(int(ComponentGroupEnum.PARAMETERS), (serialize(OTHER_ID),))
        if group.group_index == ComponentGroupEnum.PARAMETERS
        else group
        for group in wire.component_groups
    )
    stx = signed(network, WireTransaction(groups, wire.privacy_salt))
    error = refusal(network, AskNotary(payload(network, stx)))
    assert isinstance(error, TransactionInvalid)
    assert f"unknown parameters hash: {OTHER_ID}" in error.cause


def test_a_validating_notary_runs_the_contract(validating: MockNetwork) -> None:
    stx = signed(validating, move(validating, issued(validating), gain=1))
    error = refusal(validating, AskNotary(payload(validating, stx)))
    assert isinstance(error, TransactionInvalid)
    assert rows(validating["Notary"], "notary_committed_states") == 0


def test_a_validating_notary_checks_signatures(validating: MockNetwork) -> None:
    stx = signed(validating, move(validating, issued(validating)), by="PartyB")
    error = refusal(validating, AskNotary(payload(validating, stx)))
    assert isinstance(error, TransactionInvalid)
    assert rows(validating["Notary"], "notary_committed_states") == 0


def test_a_non_validating_notary_takes_what_it_cannot_see(non_validating: MockNetwork) -> None:
    stx = signed(non_validating, move(non_validating, issued(non_validating), gain=1))
    assert non_validating["PartyA"].run_flow(AskNotary(payload(non_validating, stx)))


def test_a_client_refuses_to_send_what_is_invalid(network: MockNetwork) -> None:
    issue = issued(network)
    with pytest.raises(SignatureException):
        network["PartyA"].run_flow(NotaryFlow(signed(network, move(network, issue), by="PartyB")))
    assert rows(network["Notary"], "notary_request_log") == 0


def test_the_notary_dies_in_any_round(network: MockNetwork) -> None:
    between = 0
    for rounds in range(MAX_ROUNDS):
        stx = signed(network, move(network, issued(network)))
        before = rows(network["Notary"], "notary_committed_transactions")
        asked = network["PartyA"].start_flow(NotaryFlow(stx))
        for _ in range(rounds):
            for node in network.nodes.values():
                node.pump()
        done = asked.ended is not None
        committed = rows(network["Notary"], "notary_committed_transactions") > before
        between += committed and not done
        network["Notary"].restart()
        network.run_network()
        assert [one.by for one in asked.result()] == [network.notary_party.owning_key]
        assert rows(network["Notary"], "notary_committed_transactions") == before + 1
        if done:
            break
    else:
        pytest.fail(f"a notarisation takes more than {MAX_ROUNDS} rounds")
    assert between
    assert rows(network["Notary"], "notary_double_spends") == 0


def test_the_notary_dies_in_every_round(network: MockNetwork) -> None:
    stx = signed(network, move(network, issued(network)))
    asked = network["PartyA"].start_flow(NotaryFlow(stx))
    for _ in range(MAX_ROUNDS):
        network["Notary"].restart()
        for node in network.nodes.values():
            node.pump()
    assert asked.result()


def stored(node: MockNode) -> bytes:
    """All values of all tables of a node."""
    tables = MetaData()
    tables.reflect(node.storage.reader)
    values = [
        value
        for table in tables.sorted_tables
        for row in node.storage.read(select(table))
        for value in row
    ]
    return b"\0".join(v if isinstance(v, bytes) else str(v).encode() for v in values)


def shows_amount(node: MockNode) -> bool:
    held = stored(node)
    return QUANTITY.to_bytes(8, "big") in held or str(QUANTITY).encode() in held


def test_a_non_validating_notary_keeps_no_amount(non_validating: MockNetwork) -> None:
    network = non_validating
    issued(network, QUANTITY)
    party_b = network.party_of("PartyB")
    network["PartyA"].run_flow(
        CashPaymentFlow(Amount(QUANTITY, Amount.parse("1 JPY").token), party_b)
    )
    assert rows(network["Notary"], "notary_committed_transactions") == 1
    assert [name for name, node in network.nodes.items() if shows_amount(node)] == [
        "PartyA",
        "PartyB",
    ]
    assert rows(network["Notary"], "node_transactions") == 0
    assert rows(network["Notary"], "vault_states") == 0
