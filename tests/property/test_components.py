"""Codec, Merkle tear-offs and ids under random values and random damage."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from corda_sim.core.contracts import Amount, Currency, StateRef, TimeWindow
from corda_sim.core.crypto.crypto import derive_key_pair_from_entropy
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.merkle import MerkleTree, PartialMerkleTree
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.crypto.signatures import sign_transaction_id
from corda_sim.core.errors import CordaError, DecodeError, FilteredTransactionVerificationException
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.core.serialization import MAGIC, deserialize, serializable, serialize
from corda_sim.core.transactions import (
    ComponentGroup,
    FilteredTransaction,
    SignedTransaction,
    WireTransaction,
    explain_transaction_id,
)
from corda_sim.core.transactions.filtering import filter_group

PAIR = derive_key_pair_from_entropy(SignatureScheme.EDDSA_ED25519_SHA512, 7)
PARTY = Party(CordaX500Name("Bank A", "London", "GB"), PAIR.public)


@serializable("property.Record")
@dataclass(frozen=True)
class Record:
    what: object
    name: str = ""
    numbers: tuple[int, ...] = ()
    when: datetime | None = None
    tags: frozenset[bytes] = frozenset()


instants = st.datetimes(timezones=st.just(UTC))
hashes = st.binary(min_size=32, max_size=32).map(SecureHash)
refs = st.builds(StateRef, hashes, st.integers(0, 2**31 - 1))
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    text,
    st.binary(max_size=20),
    instants,
    # more than 2^63 microseconds have no wire form
    st.timedeltas(timedelta(microseconds=-(2**63)), timedelta(microseconds=2**63 - 1)),
    st.uuids(),
    hashes,
    refs,
    st.just(PARTY),
    st.builds(Amount, st.integers(0, 2**63 - 1), st.just(Currency.of("JPY"))),
    st.builds(TimeWindow.until_only, instants),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(tuple),
        st.builds(
            Record,
            inner,
            text,
            st.lists(st.integers(-5, 5), max_size=3).map(tuple),
            st.none() | instants,
            st.frozensets(st.binary(max_size=3), max_size=3),
        ),
    ),
    max_leaves=8,
)


@given(values)
def test_round_trip(value: object) -> None:
    data = serialize(value)
    back = deserialize(data, object)
    assert back == value
    assert type(back) is type(value)
    assert serialize(back) == data


@given(values, st.data())
def test_damage_is_a_decode_error_or_another_canonical_value(
    value: object, data: st.DataObject
) -> None:
    damaged = bytearray(serialize(value))
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    check_total(bytes(damaged))


@given(st.binary(max_size=60))
def test_noise(noise: bytes) -> None:
    check_total(noise)
    check_total(MAGIC + noise)


plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-300, 300), text, st.binary(max_size=4)),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=8,
)
names = st.sampled_from(
    [
        "property.Record",
        "corda.StateRef",
        "corda.TimeWindow",
        "corda.Instant",
        "corda.Duration",
        "corda.UUID",
        "corda.Decimal",
        "corda.SecureHash",
        "corda.PublicKey",
        "corda.X500Name",
        "corda.Party",
        "corda.Amount",
        "corda.TransactionState",
        "corda.ComponentGroup",
        "corda.WireTransaction",
        "corda.SignedTransaction",
        "corda.FilteredTransaction",
        "corda.PartialMerkleTree",
        "corda.NetworkParameters",
        "corda.NodeInfo",
    ]
)


@given(names, st.lists(plain, max_size=7))
def test_fields_of_the_wrong_kind(name: str, fields: list[object]) -> None:
    inner = msgspec.msgpack.encode([name, *fields])
    check_total(MAGIC + msgspec.msgpack.encode(msgspec.msgpack.Ext(1, inner)))


def check_total(data: bytes) -> None:
    """Either the canonical bytes of something, or a DecodeError."""
    try:
        value = deserialize(data, object)
    except DecodeError:
        return
    assert serialize(value) == data


@given(st.lists(hashes, min_size=1, max_size=40, unique=True), st.data())
def test_partial_trees_prove_exactly_their_leaves(
    all_leaves: list[SecureHash], data: st.DataObject
) -> None:
    tree = MerkleTree.build(all_leaves)
    shown = data.draw(st.lists(st.sampled_from(all_leaves), unique=True))
    part = PartialMerkleTree.build(tree, shown)
    assert part.verify(tree.root, shown)
    assert deserialize(serialize(part), PartialMerkleTree) == part
    for leaf in shown:
        assert part.leaf_index(leaf) == all_leaves.index(leaf)
        assert not part.verify(tree.root, [one for one in shown if one != leaf])


components = st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=5).map(tuple)
salts = st.binary(min_size=32, max_size=32).filter(any)


def transaction(
    outputs: tuple[bytes, ...], unknown: dict[int, tuple[bytes, ...]], salt: bytes
) -> WireTransaction:
    """A transaction whose outputs are opaque."""
    signers = serialize((PAIR.public,))
    groups = [ComponentGroup(1, outputs), ComponentGroup(2, (b"command",))]
    groups += [ComponentGroup(4, (serialize(PARTY),)), ComponentGroup(6, (signers,))]
    groups += [ComponentGroup(index, parts) for index, parts in sorted(unknown.items())]
    return WireTransaction(tuple(groups), salt)


transactions = st.builds(
    transaction, components, st.dictionaries(st.integers(9, 20), components, max_size=3), salts
)


@given(transactions)
def test_ids_are_those_of_the_explanation(tx: WireTransaction) -> None:
    groups = {one.group_index: one.components for one in tx.component_groups}
    assert explain_transaction_id(groups, tx.privacy_salt).id == tx.id
    stx = SignedTransaction.of(tx, [sign_transaction_id(PAIR, tx.id)])
    back = deserialize(serialize(stx), SignedTransaction)
    assert back.id == tx.id
    back.check_signatures_are_valid()


@given(transactions, st.data())
def test_damaged_transactions(tx: WireTransaction, data: st.DataObject) -> None:
    whole = bytearray(serialize(SignedTransaction.of(tx, [sign_transaction_id(PAIR, tx.id)])))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    check_total(bytes(whole))


def tear_off(tx: WireTransaction, shown: dict[int, list[int]]) -> FilteredTransaction:
    """What ``build_filtered_transaction`` does, for components that are opaque."""
    parts = {one.group_index: one.components for one in tx.component_groups}
    groups = tuple(
        filter_group(index, parts[index], tx.nonces[index], tx.group_trees[index], places)
        for index, places in sorted(shown.items())
    )
    return FilteredTransaction(tx.id, groups, tx.group_hashes)


@given(transactions, st.data())
def test_tear_offs_verify_and_damaged_ones_do_not(tx: WireTransaction, data: st.DataObject) -> None:
    shown = {
        group.group_index: places
        for group in tx.component_groups
        if (places := data.draw(places_of(group)))
    }
    ftx = tear_off(tx, shown)
    ftx.verify()
    assert tx.privacy_salt not in serialize(ftx)
    damaged = bytearray(serialize(ftx))
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        other = deserialize(bytes(damaged), FilteredTransaction)
        other.verify()
    except (DecodeError, FilteredTransactionVerificationException):
        return
    except CordaError as error:
        raise AssertionError(f"unexpected {type(error)}") from error
    # a group's index may be all that changed where two groups have equal roots: never here
    raise AssertionError("damage went unseen")


def places_of(group: ComponentGroup) -> st.SearchStrategy[list[int]]:
    """Indices of a group, in order."""
    return st.sets(st.integers(0, len(group.components) - 1)).map(sorted)


def test_examples_have_the_right_types() -> None:
    assert isinstance(deserialize(serialize(uuid.UUID(int=1)), object), uuid.UUID)
    assert isinstance(deserialize(serialize(timedelta(1)), object), timedelta)
