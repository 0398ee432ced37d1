"""What the enclave signs of a QBFT chain, and what it refuses."""

from dataclasses import replace
from functools import partial

import pytest

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import ZERO_HEIGHT, Height
from corda_sim.ibc.errors import (
    ErrClientFrozen,
    ErrClientNotActive,
    ErrClientNotFound,
    ErrClientTypeNotFound,
    ErrInvalidHeader,
    ErrInvalidID,
    ErrInvalidProof,
)
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.signatures import recover_address
from corda_sim.ibc.lightclients.lcp.context import TrustingPeriod
from corda_sim.ibc.lightclients.lcp.messages import (
    NO_STATE_ID,
    Misbehaviour,
    UpdateState,
    VerifyMembership,
)
from corda_sim.ibc.lightclients.lcp.state_id import state_id_of
from corda_sim.ibc.lightclients.qbft.client import canonical_client_state
from corda_sim.ibc.lightclients.qbft.types import ClientState
from corda_sim.ibc.lightclients.qbft.types import Misbehaviour as TwoHeaders
from corda_sim.ibc.moment import NANOS_PER_SECOND
from corda_sim.lcp.enclave.requests import (
    AggregateMessages,
    ClientFound,
    GenerateKey,
    KeyReport,
    Launch,
    QueryClient,
    ReportKey,
    Signed,
    UpdateClient,
)
from corda_sim.lcp.enclave.requests import VerifyMembership as MembershipRequest
from corda_sim.lcp.errors import (
    AggregationException,
    ClientAlreadyExistsException,
    EnclaveProtocolException,
    UnknownEnclaveKeyException,
)
from tests.unit.ibc.qbft_chain import DRIFT, PERIOD
from tests.unit.lcp.world import NOBODY, PATH, QBFT, QbftWorld, World, message_of


@pytest.fixture
def world() -> QbftWorld:
    made = QbftWorld()
    made.chain.commit(PATH, b"value")
    made.chain.make_block()
    made.chain.make_block()
    return made


def state_id(world: QbftWorld, number: int) -> bytes:
    client = canonical_client_state(world.chain.client_state(number, world.period))
    assert client.latest_height is None
    return state_id_of(
        AnyMessage.pack(client), AnyMessage.pack(world.chain.consensus_state(number))
    )


def test_a_created_client_is_shown_and_not_signed(world: QbftWorld) -> None:
    assert world.first.signature == b""
    first = message_of(world.first, UpdateState)
    assert (first.prev_height, first.prev_state_id) == (ZERO_HEIGHT, NO_STATE_ID)
    assert (first.post_height, first.post_state_id) == (Height(0, 1), state_id(world, 1))
    assert first.timestamp == world.chain.blocks[1].time * NANOS_PER_SECOND
    assert first.context is None
    shown = AnyMessage.decode(first.emitted_states[0].state)
    assert shown == AnyMessage.pack(world.chain.client_state(1))


def test_an_update_is_signed_over_the_hash_of_the_message(world: QbftWorld) -> None:
    signed = world.follow(2, 1)
    assert recover_address(keccak256(signed.message), signed.signature) == world.signer
    assert signed.signature[64] in {0, 1}


def test_an_update_tells_both_states_and_what_time_it_holds(world: QbftWorld) -> None:
    update = message_of(world.follow(2, 1), UpdateState)
    old, new = (world.chain.blocks[n].time * NANOS_PER_SECOND for n in (1, 2))
    limits = (PERIOD * NANOS_PER_SECOND, DRIFT * NANOS_PER_SECOND)
    assert update == UpdateState(
        Height(0, 1),
        state_id(world, 1),
        Height(0, 2),
        state_id(world, 2),
        new,
        TrustingPeriod(new, old, *limits),
    )


def test_without_a_trusting_period_nothing_is_asked_of_time() -> None:
    world = QbftWorld(period=0)
    world.chain.make_block()
    assert message_of(world.follow(2, 1), UpdateState).context is None


def test_an_update_shows_its_state_when_told_to(world: QbftWorld) -> None:
    update = message_of(world.follow(2, 1, include=True), UpdateState)
    (shown,) = update.emitted_states
    assert shown.height == Height(0, 2)
    assert AnyMessage.decode(shown.state) == AnyMessage.pack(world.chain.client_state(2))


def test_a_known_header_gives_the_same_message_again(world: QbftWorld) -> None:
    signed = world.follow(2, 1)
    state = world.state
    assert world.follow(2, 1) == signed
    assert world.state is state


def test_an_older_header_is_judged_by_what_is_below_it(world: QbftWorld) -> None:
    world.follow(3, 1)
    update = message_of(world.follow(2, 1), UpdateState)
    assert (update.prev_height, update.post_height) == (Height(0, 1), Height(0, 2))
    found = world.ask(QueryClient(QBFT), ClientFound)
    assert found.client_state.unpack(ClientState).latest_height == Height(0, 3)


def test_presence_and_absence(world: QbftWorld) -> None:
    world.follow(2, 1)
    present = message_of(world.member(2, b"value"), VerifyMembership)
    at = (Height(0, 2), state_id(world, 2))
    assert present == VerifyMembership(b"ibc", PATH.encode(), keccak256(b"value"), *at)
    gone = message_of(world.absent(2, "nothing/here"), VerifyMembership)
    assert gone == VerifyMembership(b"ibc", b"nothing/here", bytes(32), *at)


def test_what_is_not_so_is_not_signed(world: QbftWorld) -> None:
    world.follow(2, 1)
    for attempt in (
        partial(world.member, 2, b"another"),
        partial(world.absent, 2),
        partial(world.member, 2, b"value", "another/path"),
    ):
        with pytest.raises(ErrInvalidProof):
            attempt()


def test_a_proof_under_another_prefix(world: QbftWorld) -> None:
    world.follow(2, 1)
    proof = world.chain.storage_proof(2, PATH)
    asked = (QBFT, b"wasm", PATH, b"value", Height(0, 2), proof, world.signer)
    with pytest.raises(ErrInvalidProof):
        world.sign(MembershipRequest(*asked))


def test_a_forged_header_changes_nothing(world: QbftWorld) -> None:
    header = world.chain.header(2, 1)
    state = world.state
    world.time = world.chain.blocks[2].time
    for forged in (
        replace(header, seals=(b"", b"", *header.seals[2:])),
        replace(header, account_state_proof=world.chain.account_proof(1)),
        replace(header, trusted_height=Height(0, 7)),
        replace(header, besu_header_rlp=b"\xc0"),
    ):
        with pytest.raises(ErrInvalidHeader):
            world.header(forged)
    assert world.state is state


def test_a_header_of_another_chain_kind(world: QbftWorld) -> None:
    strange = AnyMessage("/corda_sim.lightclients.corda.v1.Header", b"")
    with pytest.raises(ErrInvalidHeader):
        world.sign(UpdateClient(QBFT, strange, include_state=False, signer=world.signer))


def test_two_blocks_of_one_height_freeze_the_client(world: QbftWorld) -> None:
    world.follow(2, 1)
    first = world.chain.header(2, 1)
    world.chain.blocks[2].fields[0] = keccak256(b"another parent")
    both = AnyMessage.pack(TwoHeaders(first, world.chain.header(2, 1)))
    signed = world.sign(UpdateClient(QBFT, both, include_state=False, signer=world.signer))
    told = message_of(signed, Misbehaviour)
    assert [(one.height, one.state_id) for one in told.prev_states] == [
        (Height(0, 1), state_id(world, 1))
    ]
    assert told.client_message == both.encode()
    assert recover_address(keccak256(signed.message), signed.signature) == world.signer
    with pytest.raises(ErrClientFrozen):
        world.follow(3, 2)
    with pytest.raises(ErrClientFrozen):
        world.member(2, b"value")


def test_an_expired_client_proves_nothing(world: QbftWorld) -> None:
    world.follow(2, 1)
    world.time += PERIOD
    with pytest.raises(ErrClientNotActive):
        world.member(2, b"value")
    with pytest.raises(ErrInvalidHeader):
        world.follow(3, 2)


def test_unknown_clients_and_keys(world: QbftWorld) -> None:
    header = AnyMessage.pack(world.chain.header(2, 1))
    with pytest.raises(ErrClientNotFound):
        world.sign(UpdateClient("hb-qbft-9", header, include_state=False, signer=world.signer))
    with pytest.raises(UnknownEnclaveKeyException):
        world.sign(UpdateClient(QBFT, header, include_state=False, signer=bytes(20)))
    with pytest.raises(UnknownEnclaveKeyException):
        world.ask(ReportKey(bytes(20)), KeyReport)
    assert world.ask(QueryClient("hb-qbft-9"), ClientFound) == ClientFound(found=False)


def test_creating_what_cannot_be_created(world: QbftWorld) -> None:
    good = world.creation()
    with pytest.raises(ClientAlreadyExistsException):
        world.sign(good)
    with pytest.raises(ErrInvalidID):
        world.sign(replace(good, client_id="a/b/c/d/e/f"))
    strange = AnyMessage("/ibc.lightclients.tendermint.v1.ClientState", b"")
    with pytest.raises(ErrClientTypeNotFound):
        world.sign(replace(good, client_id="hb-qbft-1", client_state=strange))


def test_the_newest_states_are_found(world: QbftWorld) -> None:
    world.follow(3, 1)
    found = world.ask(QueryClient(QBFT), ClientFound)
    assert found.found
    assert found.client_state == AnyMessage.pack(world.chain.client_state(3))
    assert found.consensus_state == AnyMessage.pack(world.chain.consensus_state(3))


def test_updates_that_follow_one_another_become_one(world: QbftWorld) -> None:
    pair = [world.follow(2, 1), world.follow(3, 2, include=True)]
    one = world.sign(aggregation(world, pair))
    whole, parts = message_of(one, UpdateState), [message_of(each, UpdateState) for each in pair]
    assert (whole.prev_height, whole.post_height) == (Height(0, 1), Height(0, 3))
    assert (whole.prev_state_id, whole.post_state_id) == (state_id(world, 1), state_id(world, 3))
    assert whole.emitted_states == parts[1].emitted_states
    assert isinstance(whole.context, TrustingPeriod)
    times = (whole.context.untrusted_header_timestamp, whole.context.trusted_state_timestamp)
    assert times == tuple(world.chain.blocks[n].time * NANOS_PER_SECOND for n in (3, 1))
    assert recover_address(keccak256(one.message), one.signature) == world.signer


def aggregation(world: World, parts: list[Signed]) -> AggregateMessages:
    messages = tuple(one.message for one in parts)
    return AggregateMessages(world.signer, messages, tuple(one.signature for one in parts))


def test_what_does_not_aggregate(world: QbftWorld) -> None:
    one, two = world.follow(2, 1), world.follow(3, 2)
    proof = world.member(3, b"value")
    forged = Signed(two.message, one.signature)
    for parts in ([one], [two, one], [one, forged], [one, proof], [one, world.first]):
        with pytest.raises(AggregationException):
            world.sign(aggregation(world, parts))
    short = replace(aggregation(world, [one, two]), signatures=(one.signature,))
    with pytest.raises(AggregationException):
        world.sign(short)


def test_report_data_names_key_and_operator(world: QbftWorld) -> None:
    operator = b"\x07" * 20
    data = world.ask(GenerateKey(operator), KeyReport).report_data
    assert len(data) == 64
    assert data[:1] == b"\x01"
    assert data[21:41] == operator
    assert not any(data[41:])
    assert world.ask(ReportKey(data[1:21]), KeyReport).report_data == data


def test_an_operator_is_an_address(world: QbftWorld) -> None:
    with pytest.raises(EnclaveProtocolException):
        world.ask(GenerateKey(NOBODY[1:]), KeyReport)


def test_an_enclave_is_launched_once(world: QbftWorld) -> None:
    with pytest.raises(EnclaveProtocolException):
        world.sign(Launch("/tmp", bytes(32)))


def test_a_key_is_never_shown(world: QbftWorld) -> None:
    secret = world.state.key(world.signer).secret
    shown = f"{world.state!r} {world.state.key(world.signer)!r} {Launch('x', secret)!r}"
    assert secret.hex() not in shown
    assert repr(secret) not in shown
