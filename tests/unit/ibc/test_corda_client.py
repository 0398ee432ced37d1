"""The Corda light client: above all what Corda-IBC's own lets pass."""

from dataclasses import replace
from datetime import timedelta

import pytest

from corda_sim.core.contracts.time_window import TimeWindow
from corda_sim.core.crypto.composite import CompositeKey
from corda_sim.core.crypto.hashes import SecureHash, sha256
from corda_sim.core.crypto.keys import KeyPair
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.crypto.signatures import batch_sign, sign_transaction_id
from corda_sim.core.errors import DecodeError
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.light_client import Proof, Status
from corda_sim.ibc.errors import (
    ErrConsensusStateNotFound,
    ErrInvalidClient,
    ErrInvalidConsensus,
    ErrInvalidHeader,
    ErrInvalidProof,
    ErrSelfConsensusStateNotFound,
)
from corda_sim.ibc.lightclients.corda.client import (
    CordaClient,
    canonical_client_state,
    client_state_of,
    consensus_state_at,
)
from corda_sim.ibc.lightclients.corda.outputs import OUTPUT_MAGIC, decode_output, encode_output
from corda_sim.ibc.lightclients.corda.self_client import LcpSelfClient
from corda_sim.ibc.lightclients.corda.tear_off import (
    make_tear_off,
    read_signatures,
    read_transaction,
)
from corda_sim.ibc.lightclients.corda.types import (
    BaseId,
    ConsensusState,
    Entry,
    Header,
    MerkleProof,
    TearOff,
)
from corda_sim.ibc.lightclients.corda.verification import verify_tear_off
from corda_sim.ibc.lightclients.lcp.state_id import state_id_of
from corda_sim.ibc.lightclients.lcp.types import ClientState as LcpClientState
from corda_sim.ibc.lightclients.lcp.types import ConsensusState as LcpConsensusState
from corda_sim.ibc.store import MemoryStore
from tests.unit.ibc.corda_ledger import (
    BASE_ID,
    NOTARY,
    NOTARY_PAIR,
    NOW,
    OUTPUTS,
    PROVEN,
    START,
    START_MILLIS,
    VALIDATORS,
    WINDOW,
    Bridge,
    Follower,
    client_state,
    height,
    keys,
)


@pytest.fixture
def follower() -> Follower:
    return Follower()


def refused(bridge: Bridge, match: str) -> None:
    """Neither a proof nor a header."""
    with pytest.raises(ErrInvalidProof, match=match):
        verify_tear_off(bridge.tear_off(), client_state())
    with pytest.raises(ErrInvalidHeader):
        Follower().update(bridge.tear_off())


# --- what a tear-off proves ---


def test_proven_transaction() -> None:
    proven = verify_tear_off(Bridge(millis=5).tear_off(), client_state())
    assert proven.moment.height == height(5)
    assert proven.entries == (Entry("some/path", b"value"),)


def test_tear_off_round_trip() -> None:
    wire = Bridge().wire()
    made = Bridge().tear_off()
    again = TearOff.decode_strict(made.encode())
    transaction = read_transaction(again)
    transaction.verify()
    assert transaction.id == wire.id
    assert make_tear_off(transaction, read_signatures(again)) == made


def test_nothing_else_is_shown() -> None:
    raw = Bridge().tear_off().encode()
    assert b"another output" not in raw


# --- signatures ---


@pytest.mark.parametrize(
    ("signers", "match"),
    [
        ((), "notary hasn't signed"),
        (VALIDATORS[:2], "notary hasn't signed"),
        ((NOTARY_PAIR,), "0 validators"),
        ((NOTARY_PAIR, VALIDATORS[0]), "1 validators"),
        ((NOTARY_PAIR, VALIDATORS[0], VALIDATORS[0]), "comes twice"),
        ((NOTARY_PAIR, *VALIDATORS, keys(9)), "of no notary or validator"),
        ((keys(9), *VALIDATORS), "of no notary or validator"),
    ],
)
def test_signatures_that_arent_enough(signers: tuple[KeyPair, ...], match: str) -> None:
    refused(Bridge(signers=signers), match)


def test_more_validators_than_needed() -> None:
    bridge = Bridge(signers=(NOTARY_PAIR, *VALIDATORS))
    assert verify_tear_off(bridge.tear_off(), client_state()).entries


@pytest.mark.parametrize("place", [0, 1, 2])
def test_every_signature_is_verified(follower: Follower, place: int) -> None:
    good = Bridge().tear_off()
    one = good.signatures[place]
    forged = replace(one, signature=one.signature[:-1] + bytes((one.signature[-1] ^ 1,)))
    signatures = (*good.signatures[:place], forged, *good.signatures[place + 1 :])
    with pytest.raises(ErrInvalidProof):
        follower.member(replace(good, signatures=signatures), 0)


def test_a_forged_signature_beyond_the_threshold_is_refused_too() -> None:
    good = Bridge(signers=(NOTARY_PAIR, *VALIDATORS)).tear_off()
    forged = replace(good.signatures[3], signature=b"\1" * 64)
    with pytest.raises(ErrInvalidProof):
        verify_tear_off(replace(good, signatures=(*good.signatures[:3], forged)), client_state())


def test_signatures_of_another_transaction(follower: Follower) -> None:
    other = Bridge(entries=[Entry("some/path", b"another")]).tear_off()
    with pytest.raises(ErrInvalidProof):
        follower.member(replace(Bridge().tear_off(), signatures=other.signatures), 0)


def test_what_is_signed_covers_version_and_scheme(follower: Follower) -> None:
    good = Bridge().tear_off()
    for change in ({"platform_version": 11}, {"scheme": 2}):
        altered = replace(good.signatures[0], **change)  # type: ignore[arg-type]
        with pytest.raises(ErrInvalidProof):
            follower.member(replace(good, signatures=(altered, *good.signatures[1:])), 0)


def test_notarys_batch_signature(follower: Follower) -> None:
    bridge = Bridge()
    wire = bridge.wire()
    ids = [SecureHash(sha256(b"%d" % number)) for number in range(5)]
    batch = batch_sign(NOTARY_PAIR, [*ids, wire.id])
    others = bridge.sign(wire)[1:]
    filtered = bridge.filtered(wire)
    follower.member(make_tear_off(filtered, [batch[wire.id], *others]), 0)
    with pytest.raises(ErrInvalidProof):
        follower.member(make_tear_off(filtered, [batch[ids[0]], *others]), 0)


@pytest.mark.parametrize(
    "scheme",
    [SignatureScheme.ECDSA_SECP256K1_SHA256, SignatureScheme.ECDSA_SECP256R1_SHA256],
)
def test_other_schemes(scheme: SignatureScheme) -> None:
    notary = keys(20, scheme)
    bridge = Bridge(notary=notary, output_notary=notary, signers=(notary, *VALIDATORS))
    state = client_state(notary_key=notary.public.encoded)
    assert verify_tear_off(bridge.tear_off(), state).entries


def test_composite_notary() -> None:
    members = (keys(30), keys(31), keys(32))
    key = CompositeKey(2, [(pair.public, 1) for pair in members])
    cluster = KeyPair(key, members[0].private)
    state = client_state(notary_key=key.encoded)

    def proof(*signers: KeyPair) -> TearOff:
        every = (*signers, *VALIDATORS)
        return Bridge(notary=cluster, output_notary=cluster, signers=every).tear_off()

    assert verify_tear_off(proof(*members[:2]), state).entries
    with pytest.raises(ErrInvalidProof, match="notary hasn't signed"):
        verify_tear_off(proof(members[0]), state)


# --- notary, window, contract, base id ---


def test_another_notary() -> None:
    refused(Bridge(notary=keys(9)), "not the client's")


def test_output_of_another_notary() -> None:
    refused(Bridge(output_notary=keys(9)), "another notary")


def test_another_contract() -> None:
    refused(Bridge(contract="corda_sim.cash.Cash"), "of contract")


@pytest.mark.parametrize("base_id", [BaseId(BASE_ID.txhash, 1), BaseId(b"\x0c" * 32, 0), BaseId()])
def test_another_host(base_id: BaseId) -> None:
    refused(Bridge(base_id=base_id), "of host")


@pytest.mark.parametrize("hidden", [NOTARY, WINDOW])
def test_notary_and_window_are_shown(hidden: int) -> None:
    shown = {group: places for group, places in PROVEN.items() if group != hidden}
    refused(Bridge(shown=shown), "Did not receive components")


def test_no_window_and_no_notary_at_all() -> None:
    without_window = {OUTPUTS: (0,), NOTARY: (0,)}
    refused(Bridge(without=[WINDOW], shown=without_window), "has a time-window")
    without_notary = {OUTPUTS: (0,), WINDOW: (0,)}
    refused(Bridge(without=[NOTARY], shown=without_notary), "the notary is None")


def test_an_output_is_shown() -> None:
    refused(Bridge(shown={NOTARY: (0,), WINDOW: (0,)}), "no output")


def test_an_output_of_another_kind() -> None:
    refused(Bridge(shown={**PROVEN, OUTPUTS: (0, 1)}), "not the output of a bridge")


@pytest.mark.parametrize(
    "window", [TimeWindow.from_only(START), TimeWindow.until_only(START + timedelta(1))]
)
def test_half_open_windows(window: TimeWindow) -> None:
    refused(Bridge(window=window), "both ends")


def test_window_between_milliseconds() -> None:
    start = START + timedelta(microseconds=10)
    refused(Bridge(window=TimeWindow.between(start, start + timedelta(1))), "whole millisecond")


def test_two_notaries() -> None:
    refused(Bridge(more_notaries=[keys(9)]), "not visible")
    shown = {**PROVEN, NOTARY: (0, 1)}
    refused(Bridge(more_notaries=[keys(9)], shown=shown), "More than 1")


# --- Merkle trees ---


@pytest.mark.parametrize("place", range(6))
def test_altered_group_hash(follower: Follower, place: int) -> None:
    good = Bridge().tear_off()
    hashes = list(good.group_hashes)
    hashes[place] = bytes(32)
    with pytest.raises(ErrInvalidProof):
        follower.member(replace(good, group_hashes=tuple(hashes)), 0)


def test_altered_component_or_nonce(follower: Follower) -> None:
    good = Bridge().tear_off()
    for number, group in enumerate(good.groups):
        for change in (
            {"components": (group.components[0] + b"\0",)},
            {"nonces": (bytes(32),)},
            {"nonces": (b"short",)},
            {"components": ()},
            {"index": 7},
            {"tree": MerkleProof(b"\2", bytes(32))},
            {"tree": MerkleProof(b"\0", b"")},
            {"tree": MerkleProof(b"", b"")},
            {"tree": MerkleProof(b"\3", bytes(32))},
        ):
            altered = replace(group, **change)
            groups = (*good.groups[:number], altered, *good.groups[number + 1 :])
            with pytest.raises(ErrInvalidProof):
                follower.member(replace(good, groups=groups), 0)


@pytest.mark.parametrize(
    "change",
    [
        {"tx_id": bytes(32)},
        {"tx_id": b""},
        {"group_hashes": ()},
        {"groups": ()},
        {"signatures": ()},
    ],
)
def test_tear_offs_without_their_parts(follower: Follower, change: dict[str, object]) -> None:
    with pytest.raises(ErrInvalidProof):
        follower.member(replace(Bridge().tear_off(), **change), 0)  # type: ignore[arg-type]


def test_a_group_that_comes_twice(follower: Follower) -> None:
    good = Bridge().tear_off()
    with pytest.raises(ErrInvalidProof):
        follower.member(replace(good, groups=(*good.groups, good.groups[0])), 0)


def test_a_batch_tree_that_is_none(follower: Follower) -> None:
    good = Bridge().tear_off()
    bad = replace(good.signatures[0], batch=MerkleProof(b"\0", b""))
    with pytest.raises(ErrInvalidProof):
        follower.member(replace(good, signatures=(bad, *good.signatures[1:])), 0)


def test_a_key_that_is_none(follower: Follower) -> None:
    good = Bridge().tear_off()
    bad = replace(good.signatures[0], by=b"key")
    with pytest.raises(ErrInvalidProof):
        follower.member(replace(good, signatures=(bad,)), 0)


# --- outputs ---


def test_output_round_trip() -> None:
    output = Bridge().output()
    component = encode_output(output)
    assert component.startswith(OUTPUT_MAGIC)
    assert decode_output(component) == output


@pytest.mark.parametrize("data", [b"", b"csim\x01\x00\xc0", OUTPUT_MAGIC + b"\xff"])
def test_components_that_are_no_bridge_output(data: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_output(data)


def test_output_with_trailing_bytes() -> None:
    with pytest.raises(DecodeError):
        decode_output(encode_output(Bridge().output()) + b"\x38\x01")


# --- updates ---


def test_update(follower: Follower) -> None:
    assert follower.update(Bridge(millis=7).tear_off()) == (height(7),)
    assert follower.client.timestamp_at(follower.store, height(7)) == (START_MILLIS + 7) * 10**6
    assert follower.client.latest_height(follower.store) == height(7)
    assert follower.client.status(follower.store, NOW) is Status.ACTIVE


def test_update_to_an_earlier_height(follower: Follower) -> None:
    follower.update(Bridge(millis=7).tear_off())
    assert follower.update(Bridge(millis=3).tear_off()) == (height(3),)
    assert client_state_of(follower.store).latest_height == height(7)


def test_two_transactions_of_one_millisecond_agree(follower: Follower) -> None:
    follower.update(Bridge(millis=7).tear_off())
    before = follower.store.consensus_state(height(7))
    assert follower.update(Bridge([Entry("another", b"x")], millis=7).tear_off()) == ()
    assert follower.store.consensus_state(height(7)) == before


@pytest.mark.parametrize(
    "message",
    [AnyMessage("/other", b""), AnyMessage(Header.TYPE_URL, b"\xff"), AnyMessage(Header.TYPE_URL)],
)
def test_messages_that_are_no_headers(follower: Follower, message: AnyMessage) -> None:
    with pytest.raises(ErrInvalidHeader):
        follower.client.update(follower.store, message, NOW)


# --- membership ---


@pytest.mark.parametrize(("millis", "accepted"), [(0, True), (-1000, True), (1, False)])
def test_presence_is_from_then_or_before(follower: Follower, millis: int, accepted: bool) -> None:
    tear_off = Bridge(millis=millis).tear_off()
    if accepted:
        follower.member(tear_off, 0)
        return
    with pytest.raises(ErrInvalidProof, match="says nothing of height"):
        follower.member(tear_off, 0)


@pytest.mark.parametrize(("millis", "accepted"), [(0, True), (1000, True), (-1, False)])
def test_absence_is_from_then_or_later(follower: Follower, millis: int, accepted: bool) -> None:
    tear_off = Bridge([Entry("some/path")], millis=millis).tear_off()
    if accepted:
        follower.absent(tear_off, 0)
        return
    with pytest.raises(ErrInvalidProof, match="says nothing of height"):
        follower.absent(tear_off, 0)


@pytest.mark.parametrize(("millis", "accepted"), [(0, True), (1000, True), (-1, False)])
def test_counters_are_from_then_or_later(follower: Follower, millis: int, accepted: bool) -> None:
    path = "nextSequenceRecv/ports/cross/channels/channel-0"
    tear_off = Bridge([Entry(path, b"\1")], millis=millis).tear_off()
    if accepted:
        follower.member(tear_off, 0, b"\1", path)
        return
    with pytest.raises(ErrInvalidProof, match="says nothing of height"):
        follower.member(tear_off, 0, b"\1", path)


def test_membership_of_something_else(follower: Follower) -> None:
    tear_off = Bridge().tear_off()
    with pytest.raises(ErrInvalidProof):
        follower.member(tear_off, 0, b"another")
    with pytest.raises(ErrInvalidProof):
        follower.member(tear_off, 0, path="some/other")
    with pytest.raises(ErrInvalidProof):
        follower.absent(tear_off, 0)
    with pytest.raises(ErrInvalidProof):
        follower.absent(tear_off, 0, path="some/other")


def test_silence_isnt_absence(follower: Follower) -> None:
    with pytest.raises(ErrInvalidProof):
        follower.absent(Bridge([]).tear_off(), 0)


def test_absence_isnt_an_empty_value(follower: Follower) -> None:
    with pytest.raises(ErrInvalidProof):
        follower.member(Bridge([Entry("some/path")]).tear_off(), 0, b"")


def test_membership_at_an_unknown_height(follower: Follower) -> None:
    with pytest.raises(ErrConsensusStateNotFound):
        follower.member(Bridge().tear_off(), 5)


def test_membership_under_another_prefix_or_with_junk(follower: Follower) -> None:
    for prefix, data in ((b"other", Bridge().tear_off().encode()), (b"ibc", b"\xff")):
        proof = Proof(height(0), prefix, data)
        with pytest.raises(ErrInvalidProof):
            follower.client.verify_membership(follower.store, proof, "some/path", b"value", NOW)


# --- the first state ---


@pytest.mark.parametrize(
    "change",
    [
        {"base_id": BaseId(b"\1" * 31, 0)},
        {"notary_key": b"key"},
        {"validator_keys": (b"key",)},
        {"validator_keys": (VALIDATORS[0].public.encoded,) * 2},
        {"validator_keys": ()},
        {"threshold": 0},
        {"threshold": 4},
        {"latest_height": None},
        {"latest_height": Height(1, 5)},
        {"latest_height": Height()},
    ],
)
def test_first_state_against_the_rules(change: dict[str, object]) -> None:
    with pytest.raises(ErrInvalidClient):
        Follower(client_state(**change))


def test_first_states_of_another_kind() -> None:
    store = ClientStore(MemoryStore(), "corda-host-0")
    state = AnyMessage.pack(client_state())
    with pytest.raises(ErrInvalidClient):
        CordaClient().initialise(store, AnyMessage("/x"), AnyMessage("/x"), NOW)
    more = AnyMessage(state.type_url, state.value + b"\x78\x01")
    with pytest.raises(ErrInvalidClient):
        CordaClient().initialise(store, more, AnyMessage("/x"), NOW)
    for wrong in (AnyMessage("/x"), AnyMessage.pack(ConsensusState(7))):
        with pytest.raises(ErrInvalidConsensus):
            CordaClient().initialise(store, state, wrong, NOW)


# --- what Corda requires of clients of itself ---

MRENCLAVE = b"\x11" * 32
OPERATORS = (b"\1" * 20, b"\2" * 20)


def lcp_state(**changes: object) -> AnyMessage:
    state = LcpClientState(MRENCLAVE, 1000, latest_height=height(0))
    return AnyMessage.pack(replace(state, **changes))  # type: ignore[arg-type]


def test_own_state_id_needs_no_memory() -> None:
    host = LcpSelfClient(client_state(), MRENCLAVE)
    found = host.consensus_state(height(7), b"").unpack(LcpConsensusState)
    canonical = AnyMessage.pack(canonical_client_state(client_state(latest_height=height(7))))
    consensus = AnyMessage.pack(consensus_state_at(height(7)))
    assert found.state_id == state_id_of(canonical, consensus)
    assert found.timestamp == (START_MILLIS + 7) * 10**6


@pytest.mark.parametrize(
    "change",
    [
        {"base_id": BaseId(b"\x0c" * 32, 0)},
        {"notary_key": keys(9).public.encoded},
        {"validator_keys": (VALIDATORS[0].public.encoded,)},
        {"threshold": 1},
    ],
)
def test_state_id_covers_base_id_and_all_keys(change: dict[str, object]) -> None:
    own = LcpSelfClient(client_state(), MRENCLAVE).consensus_state(height(7), b"")
    other = LcpSelfClient(client_state(**change), MRENCLAVE).consensus_state(height(7), b"")
    assert own != other


def test_claimed_consensus_state() -> None:
    host = LcpSelfClient(client_state(), MRENCLAVE)
    right = host.consensus_state(height(7), b"")
    assert host.consensus_state(height(7), right.encode()) == right
    with pytest.raises(ErrSelfConsensusStateNotFound):
        host.consensus_state(height(8), right.encode())
    for wrong in (Height(), Height(1, 7)):
        with pytest.raises(ErrSelfConsensusStateNotFound):
            host.consensus_state(wrong, b"")


def test_client_of_this_host() -> None:
    LcpSelfClient(client_state(), MRENCLAVE).validate(lcp_state())
    voted = LcpSelfClient(client_state(), MRENCLAVE, OPERATORS, (1, 2))
    threshold = {"operators_threshold_numerator": 1, "operators_threshold_denominator": 2}
    voted.validate(lcp_state(operators=OPERATORS, **threshold))
    with pytest.raises(ErrInvalidClient):
        voted.validate(lcp_state(operators=OPERATORS))
    with pytest.raises(ErrInvalidClient):
        voted.validate(lcp_state(operators=OPERATORS[:1], **threshold))


@pytest.mark.parametrize(
    "state",
    [
        lcp_state(mrenclave=b"\x12" * 32),
        lcp_state(frozen=True),
        lcp_state(operators=OPERATORS),
        AnyMessage("/ibc.lightclients.qbft.v1.ClientState"),
    ],
)
def test_client_of_something_else(state: AnyMessage) -> None:
    with pytest.raises(ErrInvalidClient):
        LcpSelfClient(client_state(), MRENCLAVE).validate(state)


def test_signatures_may_be_by_validators_of_any_order() -> None:
    bridge = Bridge()
    wire = bridge.wire()
    signers = (VALIDATORS[2], NOTARY_PAIR, VALIDATORS[0])
    signatures = [sign_transaction_id(pair, wire.id) for pair in signers]
    assert verify_tear_off(make_tear_off(bridge.filtered(wire), signatures), client_state()).entries
