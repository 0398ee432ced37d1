from collections.abc import Callable
from dataclasses import replace

import pytest
import rlp

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.light_client import Proof, Status
from corda_sim.ibc.errors import (
    ErrConsensusStateNotFound,
    ErrInvalidClient,
    ErrInvalidConsensus,
    ErrInvalidHeader,
    ErrInvalidMisbehaviour,
    ErrInvalidProof,
    IbcError,
)
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.signatures import address_of, sign_digest
from corda_sim.ibc.lightclients.qbft.client import (
    QbftClient,
    canonical_client_state,
    client_state_of,
    consensus_state_of,
)
from corda_sim.ibc.lightclients.qbft.header import parse_header
from corda_sim.ibc.lightclients.qbft.types import (
    ClientState,
    ConsensusState,
    Header,
    Misbehaviour,
)
from corda_sim.ibc.lightclients.qbft.verification import verify_header
from corda_sim.ibc.moment import NANOS_PER_SECOND, Moment
from corda_sim.ibc.store import MemoryStore
from tests.unit.ibc.qbft_chain import (
    DRIFT,
    HANDLER,
    PERIOD,
    Follower,
    QbftChain,
    secret,
    validators,
)

PATH = "commitments/ports/cross/channels/channel-0/sequences/1"


@pytest.fixture
def chain() -> QbftChain:
    return QbftChain()


@pytest.fixture
def follower(chain: QbftChain) -> Follower:
    return Follower(chain)


# --- headers ---


def test_both_hashes_are_equal_in_round_0_only(chain: QbftChain) -> None:
    number, later = chain.make_block(), chain.make_block(round_=2)
    first, second = (parse_header(chain.blocks[one].encode()) for one in (number, later))
    assert first.block_hash == first.commit_hash
    assert second.block_hash != second.commit_hash
    assert second.block_hash == keccak256(chain.blocks[later].encode(round_=0))
    assert (first.round, second.round) == (0, 2)


def test_header_fields(chain: QbftChain) -> None:
    block = chain.blocks[chain.make_block()]
    header = parse_header(block.encode())
    assert (header.number, header.timestamp) == (2, block.time)
    assert header.state_root == block.state_root
    assert header.validators == tuple(sorted(map(address_of, block.secrets)))


def test_votes_stay_in_both_hashes(chain: QbftChain) -> None:
    with_vote = chain.blocks[chain.make_block(vote=[bytes(20), b"\xff"])]
    header = parse_header(with_vote.encode())
    with_vote.vote = []
    assert parse_header(with_vote.encode()).block_hash != header.block_hash


def broken(chain: QbftChain, change: Callable[[list[object], list[object]], None]) -> bytes:
    """A header after ``change`` has been at its fields and its extraData."""
    fields = rlp.decode(chain.blocks[1].encode())
    extra = rlp.decode(fields[12])
    change(fields, extra)
    if isinstance(fields[12], bytes) and fields[12] == rlp.decode(chain.blocks[1].encode())[12]:
        fields[12] = rlp.encode(extra)
    return bytes(rlp.encode(fields))


@pytest.mark.parametrize(
    "change",
    [
        lambda fields, _: fields.pop(),
        lambda fields, _: fields.__setitem__(13, bytes(32)),
        lambda fields, _: fields.__setitem__(3, b"short"),
        lambda fields, _: fields.__setitem__(8, b"\0\1"),
        lambda fields, _: fields.__setitem__(8, b"\1" * 9),
        lambda fields, _: fields.__setitem__(11, [b"\1"]),
        lambda fields, _: fields.__setitem__(12, b"\x83abc"),
        lambda _, extra: extra.__setitem__(4, [b"\1" * 65]),
        lambda _, extra: extra.pop(),
        lambda _, extra: extra.append(b""),
        lambda _, extra: extra.__setitem__(0, b"short"),
        lambda _, extra: extra.__setitem__(1, b""),
        lambda _, extra: extra.__setitem__(1, []),
        lambda _, extra: extra.__setitem__(1, [bytes(19)]),
        lambda _, extra: extra[1].reverse(),
        lambda _, extra: extra[1].append(extra[1][-1]),
        lambda _, extra: extra.__setitem__(3, b"\1" * 5),
        lambda _, extra: extra.__setitem__(3, b"\0"),
    ],
)
def test_malformed_headers(
    chain: QbftChain, change: Callable[[list[object], list[object]], None]
) -> None:
    with pytest.raises(ErrInvalidHeader):
        parse_header(broken(chain, change))


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xc0", b"\xf8\x00", b"\xc1" * 5000, b"\xff" * 9])
def test_bytes_that_are_no_header(data: bytes) -> None:
    with pytest.raises(ErrInvalidHeader):
        parse_header(data)


def test_besu_headers_have_more_fields(chain: QbftChain) -> None:
    longer = rlp.encode([*rlp.decode(chain.blocks[1].encode()), b"\7"])
    assert parse_header(longer).number == 1


# --- updates ---


def test_update_follows_the_chain(chain: QbftChain, follower: Follower) -> None:
    for _ in range(3):
        number = chain.make_block()
        assert follower.follow(number) == (Height(0, number),)
    assert follower.client.timestamp_at(follower.store, Height(0, 4)) == (
        chain.blocks[4].time * NANOS_PER_SECOND
    )
    assert consensus_state_of(follower.store, Height(0, 4)) == chain.consensus_state(4)
    assert client_state_of(follower.store).latest_height == Height(0, 4)
    assert follower.client.latest_height(follower.store) == Height(0, 4)


def test_update_may_skip_blocks(chain: QbftChain, follower: Follower) -> None:
    for _ in range(5):
        chain.make_block()
    assert follower.follow(6) == (Height(0, 6),)


def test_update_between_stored_blocks(chain: QbftChain, follower: Follower) -> None:
    for _ in range(5):
        chain.make_block()
    follower.follow(6)
    assert follower.follow(3, trusted=1) == (Height(0, 3),)
    assert client_state_of(follower.store).latest_height == Height(0, 6)


def test_update_in_a_later_round(chain: QbftChain, follower: Follower) -> None:
    assert follower.follow(chain.make_block(round_=1))


def test_seals_over_the_block_hash_dont_count_in_a_later_round(
    chain: QbftChain, follower: Follower
) -> None:
    number = chain.make_block(round_=1)
    block = chain.blocks[number]
    digest = keccak256(block.encode(round_=0))
    seals = tuple(sign_digest(one, digest) for one in block.secrets)
    with pytest.raises(ErrInvalidHeader):
        follower.update(replace(chain.header(number, 1), seals=seals))


def test_known_header_changes_nothing(chain: QbftChain, follower: Follower) -> None:
    number = chain.make_block()
    follower.follow(number)
    assert follower.follow(number, trusted=1) == ()
    assert follower.client.status(follower.store, follower.now) is Status.ACTIVE


@pytest.mark.parametrize(
    ("count", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5)]
)
def test_quorum_is_two_thirds_rounded_up(count: int, needed: int) -> None:
    chain = QbftChain(validators(*range(count)))
    follower, number = Follower(chain), chain.make_block()
    follower.time = chain.blocks[number].time
    with pytest.raises(ErrInvalidHeader):
        follower.update(chain.header(number, 1, missing=range(needed - 1, count)))
    assert follower.update(chain.header(number, 1, missing=range(needed, count)))


def test_one_seal_in_two_places_is_no_second_seal(chain: QbftChain, follower: Follower) -> None:
    number = chain.make_block()
    header = chain.header(number, 1, missing=(2, 3))
    doubled = (header.seals[0], header.seals[1], header.seals[1], b"")
    with pytest.raises(ErrInvalidHeader):
        follower.update(replace(header, seals=doubled))


@pytest.mark.parametrize(
    "seals",
    [
        lambda seals: seals[:3],
        lambda seals: (*seals, seals[0]),
        lambda seals: (seals[1], seals[0], *seals[2:]),
        lambda seals: (seals[0][:64], *seals[1:]),
        lambda seals: (seals[0][:64] + b"\x1b", *seals[1:]),
        lambda seals: (bytes(65), *seals[1:]),
    ],
)
def test_seals_that_arent_the_validators_in_their_order(
    chain: QbftChain,
    follower: Follower,
    seals: Callable[[tuple[bytes, ...]], tuple[bytes, ...]],
) -> None:
    header = chain.header(chain.make_block(), 1, missing=())
    with pytest.raises(ErrInvalidHeader):
        follower.update(replace(header, seals=seals(header.seals)))


def test_seals_by_somebody_else(chain: QbftChain, follower: Follower) -> None:
    number = chain.make_block()
    digest = keccak256(chain.blocks[number].encode())
    seals = tuple(sign_digest(secret(100 + place), digest) for place in range(4))
    with pytest.raises(ErrInvalidHeader):
        follower.update(replace(chain.header(number, 1), seals=seals))


def test_forged_header_by_other_validators(follower: Follower) -> None:
    forged = QbftChain(validators(50, 51, 52, 53))
    number = forged.make_block()
    follower.time = forged.blocks[number].time
    with pytest.raises(ErrInvalidHeader):
        follower.update(forged.header(number, 1, missing=()))


# --- validator sets ---


def test_validators_come_and_go(chain: QbftChain, follower: Follower) -> None:
    chain.secrets = validators(0, 1, 2, 3, 4)
    follower.follow(chain.make_block())
    chain.secrets = validators(1, 2, 3, 4)
    follower.follow(chain.make_block())
    assert consensus_state_of(follower.store, Height(0, 3)).validators == tuple(
        map(address_of, validators(1, 2, 3, 4))
    )


@pytest.mark.parametrize(("kept", "accepted"), [(1, False), (2, True)])
def test_more_than_a_third_of_the_trusted_set(
    chain: QbftChain, follower: Follower, kept: int, accepted: bool
) -> None:
    chain.secrets = validators(*range(kept), *range(20, 24 - kept))
    number = chain.make_block()
    follower.time = chain.blocks[number].time
    header = chain.header(number, 1, missing=())
    if accepted:
        assert follower.update(header)
        return
    with pytest.raises(ErrInvalidHeader):
        follower.update(header)


def test_exactly_a_third_isnt_enough() -> None:
    chain = QbftChain(validators(0, 1, 2))
    follower = Follower(chain)
    chain.secrets = validators(0, 8, 9)
    number = chain.make_block()
    follower.time = chain.blocks[number].time
    with pytest.raises(ErrInvalidHeader):
        follower.update(chain.header(number, 1, missing=()))


def test_former_validators_cant_use_an_old_height(chain: QbftChain, follower: Follower) -> None:
    chain.secrets = validators(2, 3, 10, 11)
    follower.follow(chain.make_block())
    chain.secrets = validators(10, 11, 12, 13)
    follower.follow(chain.make_block())
    # the first set, long gone, seals a block of its own on top
    chain.secrets = validators(0, 1, 2, 3)
    forged = chain.make_block()
    follower.time = chain.blocks[forged].time
    for trusted in (1, 2, 3):
        with pytest.raises(ErrInvalidHeader):
            follower.update(chain.header(forged, trusted, missing=()))


def test_trusting_a_height_that_isnt_stored(chain: QbftChain, follower: Follower) -> None:
    chain.make_block()
    number = chain.make_block()
    follower.time = chain.blocks[number].time
    for trusted in (0, 2, 3, 9):
        with pytest.raises(ErrInvalidHeader):
            follower.update(chain.header(number, trusted))


def test_header_at_or_below_the_first_height(chain: QbftChain) -> None:
    chain.make_block()
    follower = Follower(chain, start=2)
    for number in (1, 2):
        with pytest.raises(ErrInvalidHeader):
            follower.follow(number, trusted=2)


# --- time ---


def test_trusting_period(chain: QbftChain, follower: Follower) -> None:
    number = chain.make_block()
    header = chain.header(number, 1)
    follower.time = chain.blocks[1].time + PERIOD
    assert follower.client.status(follower.store, follower.now) is Status.EXPIRED
    with pytest.raises(ErrInvalidHeader):
        follower.update(header)
    follower.time -= 1
    assert follower.client.status(follower.store, follower.now) is Status.ACTIVE
    assert follower.update(header)


def test_clock_drift(chain: QbftChain, follower: Follower) -> None:
    number = chain.make_block(seconds=100)
    follower.time = chain.blocks[number].time - DRIFT
    with pytest.raises(ErrInvalidHeader):
        follower.update(chain.header(number, 1))
    follower.time += 1
    assert follower.update(chain.header(number, 1))


def test_span_of_time_is_judged_at_its_worse_end(chain: QbftChain, follower: Follower) -> None:
    number = chain.make_block()
    header = AnyMessage.pack(chain.header(number, 1))
    end = (chain.blocks[1].time + PERIOD) * NANOS_PER_SECOND
    now = Moment(Height(0, 1), Height(0, 2), end - 10 * NANOS_PER_SECOND, end)
    with pytest.raises(ErrInvalidHeader):
        follower.client.update(follower.store, header, now)
    assert follower.client.update(follower.store, header, replace(now, latest=end - 1))


def test_no_trusting_period_means_no_check_of_time(chain: QbftChain) -> None:
    follower, number = Follower(chain, period=0), chain.make_block()
    follower.time += 10**9
    assert follower.update(chain.header(number, 1))
    assert follower.client.status(follower.store, follower.now) is Status.ACTIVE


def test_header_from_before_what_judges_it(chain: QbftChain, follower: Follower) -> None:
    number = chain.make_block(seconds=-5)
    with pytest.raises(ErrInvalidHeader):
        follower.update(chain.header(number, 1))


# --- account proofs ---


def test_account_of_another_contract(chain: QbftChain, follower: Follower) -> None:
    number = chain.make_block()
    other = chain.account_proof(number, b"account 3")
    with pytest.raises(ErrInvalidHeader):
        follower.update(replace(chain.header(number, 1), account_state_proof=other))


def test_account_that_doesnt_exist(chain: QbftChain) -> None:
    number = chain.make_block()
    absent = bytes(19) + b"\1"
    header = replace(
        chain.header(number, 1), account_state_proof=chain.account_proof(number, absent)
    )
    with pytest.raises(ErrInvalidHeader):
        verify_header(header, chain.consensus_state(1), absent)


def test_account_proof_of_another_block(chain: QbftChain, follower: Follower) -> None:
    chain.commit(PATH, b"v")
    number = chain.make_block()
    with pytest.raises(ErrInvalidHeader):
        follower.update(
            replace(chain.header(number, 1), account_state_proof=chain.account_proof(1))
        )


@pytest.mark.parametrize("account", [b"\x83abc", bytes(rlp.encode([1, 2, b"a" * 32]))])
def test_malformed_account(chain: QbftChain, account: bytes) -> None:
    number = chain.make_block()
    chain.accounts[keccak256(HANDLER)] = account
    chain.blocks[number].state_root = chain.accounts.root_hash
    chain.blocks[number].fields[3] = chain.accounts.root_hash
    with pytest.raises(ErrInvalidHeader):
        verify_header(chain.header(number, 1), chain.consensus_state(1), HANDLER)


# --- membership ---


@pytest.fixture
def committed(chain: QbftChain, follower: Follower) -> Follower:
    chain.commit(PATH, b"value")
    follower.follow(chain.make_block())
    return follower


def test_membership(committed: Follower) -> None:
    committed.member(2, PATH, b"value")


def test_membership_of_a_hash_that_starts_with_zeros(chain: QbftChain, follower: Follower) -> None:
    value = next(one for one in (b"%d" % n for n in range(10**4)) if keccak256(one)[0] == 0)
    chain.commit(PATH, value)
    follower.follow(chain.make_block())
    follower.member(2, PATH, value)


def test_membership_of_another_value(committed: Follower) -> None:
    with pytest.raises(ErrInvalidProof):
        committed.member(2, PATH, b"another")


def test_membership_needs_the_height_of_the_proof(committed: Follower) -> None:
    chain = committed.chain
    chain.commit(PATH, b"later")
    committed.follow(chain.make_block())
    data = chain.storage_proof(2, PATH)
    late = Proof(Height(0, 3), b"ibc", data)
    with pytest.raises(ErrInvalidProof):
        committed.client.verify_membership(committed.store, late, PATH, b"value", committed.now)
    unknown = Proof(Height(0, 9), b"ibc", data)
    with pytest.raises(ErrConsensusStateNotFound):
        committed.client.verify_membership(committed.store, unknown, PATH, b"value", committed.now)


def test_membership_of_another_path(committed: Follower) -> None:
    data = committed.chain.storage_proof(2, PATH)
    proof = Proof(Height(0, 2), b"ibc", data)
    other = PATH.replace("channel-0", "channel-1")
    with pytest.raises(ErrInvalidProof):
        committed.client.verify_membership(committed.store, proof, other, b"value", committed.now)


def test_membership_under_another_prefix(committed: Follower) -> None:
    proof = Proof(Height(0, 2), b"other", committed.chain.storage_proof(2, PATH))
    with pytest.raises(ErrInvalidProof):
        committed.client.verify_membership(committed.store, proof, PATH, b"value", committed.now)


def test_absence(committed: Follower) -> None:
    committed.absent(2, "receipts/ports/cross/channels/channel-0/sequences/1")


def test_absence_of_what_is_there(committed: Follower) -> None:
    with pytest.raises(ErrInvalidProof):
        committed.absent(2, PATH)


def test_absence_after_removal(committed: Follower) -> None:
    committed.chain.remove(PATH)
    committed.follow(committed.chain.make_block())
    committed.absent(3, PATH)
    committed.member(2, PATH, b"value")


def test_membership_of_what_isnt_there(committed: Follower) -> None:
    with pytest.raises(ErrInvalidProof):
        committed.member(2, "acks/ports/cross/channels/channel-0/sequences/1", b"value")


# --- misbehaviour ---


def fork(chain: QbftChain, number: int) -> Header:
    """Another block at ``number``, sealed by the same validators."""
    kept, chain.blocks[number] = chain.blocks[number], chain.blocks[number]
    del chain.blocks[number]
    chain.commit("fork", b"x")
    chain.make_block()
    header = chain.header(number, number - 1)
    chain.blocks[number] = kept
    return header


def test_another_header_at_a_stored_height_freezes(chain: QbftChain, follower: Follower) -> None:
    number = chain.make_block()
    chain.commit(PATH, b"v")
    follower.follow(number)
    assert follower.update(fork(chain, number)) == ()
    assert follower.client.status(follower.store, follower.now) is Status.FROZEN
    with pytest.raises(ErrInvalidProof):
        follower.absent(number, PATH)


def test_two_headers_at_one_height_freeze(chain: QbftChain, follower: Follower) -> None:
    number = chain.make_block()
    evidence = Misbehaviour(chain.header(number, 1), fork(chain, number))
    follower.time += 10
    follower.client.update(follower.store, AnyMessage.pack(evidence), follower.now)
    assert follower.client.status(follower.store, follower.now) is Status.FROZEN
    assert client_state_of(follower.store).frozen


def test_evidence_of_nothing(chain: QbftChain, follower: Follower) -> None:
    first, second = chain.make_block(), chain.make_block()
    follower.time += 10
    for pair in (
        (chain.header(first, 1), chain.header(first, 1)),
        (chain.header(first, 1), chain.header(first, 1, missing=(0,))),
        (chain.header(first, 1), chain.header(second, 1)),
    ):
        message = AnyMessage.pack(Misbehaviour(*pair))
        with pytest.raises(ErrInvalidMisbehaviour):
            follower.client.update(follower.store, message, follower.now)


def test_evidence_that_doesnt_verify(chain: QbftChain, follower: Follower) -> None:
    number = chain.make_block()
    forged = replace(fork(chain, number), seals=(b"", b"", b"", b""))
    message = AnyMessage.pack(Misbehaviour(chain.header(number, 1), forged))
    follower.time += 10
    with pytest.raises(ErrInvalidHeader):
        follower.client.update(follower.store, message, follower.now)
    assert not client_state_of(follower.store).frozen


@pytest.mark.parametrize(
    "message",
    [
        AnyMessage("/ibc.lightclients.tendermint.v1.Header", b""),
        AnyMessage(Header.TYPE_URL, b"\xff"),
        AnyMessage(Misbehaviour.TYPE_URL, b"\xff"),
        AnyMessage(Header.TYPE_URL, b""),
    ],
)
def test_messages_that_are_no_headers(follower: Follower, message: AnyMessage) -> None:
    with pytest.raises(ErrInvalidHeader):
        follower.client.update(follower.store, message, follower.now)


# --- the first state ---


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"chain_id": b"\1"}, ErrInvalidClient),
        ({"ibc_store_address": bytes(20)}, ErrInvalidClient),
        ({"ibc_store_address": b"\1" * 19}, ErrInvalidClient),
        ({"latest_height": None}, ErrInvalidClient),
        ({"latest_height": Height()}, ErrInvalidClient),
        ({"latest_height": Height(1, 1)}, ErrInvalidClient),
        ({"frozen": True}, ErrInvalidClient),
        ({"root": bytes(32)}, ErrInvalidConsensus),
        ({"root": b"\1" * 31}, ErrInvalidConsensus),
        ({"validators": ()}, ErrInvalidConsensus),
        ({"validators": (b"\2" * 20, b"\1" * 20)}, ErrInvalidConsensus),
        ({"timestamp": 1}, ErrInvalidHeader),
        ({"timestamp": 2**40}, ErrInvalidHeader),
    ],
)
def test_first_state_against_the_rules(
    chain: QbftChain, change: dict[str, object], error: type[IbcError]
) -> None:
    state, consensus = chain.client_state(1), chain.consensus_state(1)
    if set(change) <= {"root", "validators", "timestamp"}:
        consensus = replace(consensus, **change)  # type: ignore[arg-type]
    else:
        state = replace(state, **change)  # type: ignore[arg-type]
    store = ClientStore(MemoryStore(), "hb-qbft-0")
    now = Moment.at(Height(0, 1), chain.blocks[1].time * NANOS_PER_SECOND)
    with pytest.raises(error):
        QbftClient().initialise(store, AnyMessage.pack(state), AnyMessage.pack(consensus), now)
    assert store.heights() == ()


def test_first_state_of_another_type(chain: QbftChain) -> None:
    store = ClientStore(MemoryStore(), "hb-qbft-0")
    state, consensus = map(AnyMessage.pack, (chain.client_state(1), chain.consensus_state(1)))
    now = Moment.at(Height(0, 1), 0)
    with pytest.raises(ErrInvalidConsensus):
        QbftClient().initialise(store, state, state, now)
    with pytest.raises(ErrInvalidClient):
        QbftClient().initialise(store, consensus, consensus, now)


# --- bytes ---


def test_field_numbers() -> None:
    state = ClientState(b"\1", b"\2", Height(0, 3), 4, 5)
    assert state.encode().hex() == "0a01011201021a02100320042805"
    assert ConsensusState(1, b"\2", (b"\3", b"\4")).encode().hex() == "08011201021a01031a0104"
    header = Header(b"\1", (b"", b"\2"), Height(0, 3), b"\4")
    assert header.encode().hex() == "0a010112001201021a021003220104"


def test_canonical_state_has_no_height(chain: QbftChain) -> None:
    canonical = canonical_client_state(chain.client_state(7))
    assert canonical.latest_height is None
    assert (
        AnyMessage.pack(canonical)
        .encode()
        .hex()
        .endswith(
            "0a20" + (1337).to_bytes(32, "big").hex() + "1214" + HANDLER.hex() + "2080a305" + "280f"
        )
    )
    assert canonical_client_state(chain.client_state(8)) == canonical
