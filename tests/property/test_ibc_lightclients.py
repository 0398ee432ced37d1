"""Proofs, headers and reports as anybody may send them."""

from dataclasses import replace
from itertools import pairwise

import pytest
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.errors import ErrInvalidHeader, ErrInvalidProof
from corda_sim.ibc.lightclients.corda.types import Entry, TearOff
from corda_sim.ibc.lightclients.corda.verification import verify_tear_off
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.merkle_patricia import prove
from corda_sim.ibc.lightclients.ethereum.rlp_items import decode_item, encode_item, split_list
from corda_sim.ibc.lightclients.lcp.context import TrustingPeriod, aggregate_contexts
from corda_sim.ibc.lightclients.lcp.errors import AVRInvalid
from corda_sim.ibc.lightclients.lcp.messages import (
    CommitmentProofs,
    EmittedState,
    Misbehaviour,
    PrevState,
    ProxyMessage,
    UpdateState,
    VerifyMembership,
    aggregate,
    decode_message,
    encode_message,
)
from corda_sim.ibc.lightclients.lcp.report import parse_report
from corda_sim.ibc.lightclients.qbft.header import parse_header
from corda_sim.ibc.lightclients.qbft.verification import verify_header
from tests.unit.ibc.corda_ledger import Bridge, client_state
from tests.unit.ibc.enclave import quote_body, report
from tests.unit.ibc.qbft_chain import HANDLER, QbftChain, validators

u64 = st.integers(0, 2**64 - 1)
u128 = st.integers(0, 2**128 - 1)
words = st.binary(min_size=32, max_size=32)
heights = st.builds(Height, u64, u64)
contexts = st.none() | st.builds(TrustingPeriod, u128, u128, u128, u128)
emitted = st.lists(st.builds(EmittedState, heights, st.binary(max_size=70)), max_size=3).map(tuple)
updates = st.builds(UpdateState, heights, words, heights, words, u128, contexts, emitted)
short = st.binary(max_size=70)
memberships = st.builds(VerifyMembership, short, short, words, heights, words)
previous = st.lists(st.builds(PrevState, heights, words), max_size=3).map(tuple)
messages: st.SearchStrategy[ProxyMessage] = st.one_of(
    updates, memberships, st.builds(Misbehaviour, previous, contexts, short)
)


def mutated(data: st.DataObject, raw: bytes) -> bytes:
    """One byte changed, taken away or put in."""
    at = data.draw(st.integers(0, len(raw) - 1))
    byte = bytes((data.draw(st.integers(0, 255)),))
    how = data.draw(st.sampled_from(["change", "remove", "insert"]))
    if how == "insert":
        return raw[:at] + byte + raw[at:]
    return raw[:at] + (byte if how == "change" else b"") + raw[at + 1 :]


# --- tries ---


@given(
    st.dictionaries(st.binary(min_size=1, max_size=4), short, max_size=40), st.binary(max_size=4)
)
def test_tries_prove_what_a_dictionary_says(values: dict[bytes, bytes], asked: bytes) -> None:
    made = HexaryTrie({})
    for key, value in values.items():
        made[keccak256(key)] = rlp.encode(value)
    for key in (asked, *list(values)[:3]):
        proof = rlp.encode(list(made.get_proof(keccak256(key))))
        expected = rlp.encode(values[key]) if key in values else None
        assert prove(made.root_hash, key, proof) == expected


def small_trie() -> tuple[bytes, bytes, bytes]:
    made = HexaryTrie({})
    for number in range(40):
        made[keccak256(b"%d" % number)] = rlp.encode(b"value %d" % number)
    return made.root_hash, b"7", rlp.encode(list(made.get_proof(keccak256(b"7"))))


ROOT, KEY, PROOF = small_trie()


@given(st.data())
def test_changed_trie_proofs_never_prove_another_value(data: st.DataObject) -> None:
    changed = mutated(data, PROOF)
    try:
        found = prove(ROOT, KEY, changed)
    except ErrInvalidProof:
        return
    assert found == rlp.encode(b"value 7")


@given(st.binary(max_size=80))
def test_arbitrary_trie_proofs(proof: bytes) -> None:
    with pytest.raises(ErrInvalidProof):
        prove(ROOT, KEY, proof)


@given(st.binary(max_size=60))
def test_rlp_has_one_form(data: bytes) -> None:
    try:
        item = decode_item(data)
    except DecodeError:
        return
    assert encode_item(item) == data
    if isinstance(item, list):
        assert [decode_item(one) for one in split_list(data)] == item


# --- QBFT ---


@settings(max_examples=25)
@given(st.integers(1, 7), st.data())
def test_quorum_as_the_rule_says(count: int, data: st.DataObject) -> None:
    chain = QbftChain(validators(*range(count)))
    missing = data.draw(st.sets(st.integers(0, count - 1)))
    header = chain.header(chain.make_block(), 1, missing=sorted(missing))
    given_ = count - len(missing)
    if 3 * given_ >= 2 * count and 3 * given_ > count:
        assert verify_header(header, chain.consensus_state(1), HANDLER).height == Height(0, 2)
        return
    with pytest.raises(ErrInvalidHeader):
        verify_header(header, chain.consensus_state(1), HANDLER)


CHAIN = QbftChain()
HEADER = CHAIN.header(CHAIN.make_block(), 1)
TRUSTED = CHAIN.consensus_state(1)


@given(st.data())
def test_changed_headers_are_refused(data: st.DataObject) -> None:
    changed = mutated(data, HEADER.besu_header_rlp)
    if changed == HEADER.besu_header_rlp:
        return
    with pytest.raises(ErrInvalidHeader):
        verify_header(replace(HEADER, besu_header_rlp=changed), TRUSTED, HANDLER)


@given(st.data(), st.integers(0, 2))
def test_changed_seals_are_refused(data: st.DataObject, place: int) -> None:
    changed = mutated(data, HEADER.seals[place])
    if changed == HEADER.seals[place]:
        return
    seals = (*HEADER.seals[:place], changed, *HEADER.seals[place + 1 :])
    with pytest.raises(ErrInvalidHeader):
        verify_header(replace(HEADER, seals=seals), TRUSTED, HANDLER)


@given(st.binary(max_size=200))
def test_arbitrary_headers(data: bytes) -> None:
    with pytest.raises(ErrInvalidHeader):
        parse_header(data)


# --- LCP ---


@given(messages)
def test_messages_round_trip(message: ProxyMessage) -> None:
    assert decode_message(encode_message(message)) == message


@given(messages, st.data())
def test_changed_messages_are_refused_or_others(message: ProxyMessage, data: st.DataObject) -> None:
    raw = encode_message(message)
    changed = mutated(data, raw)
    try:
        found = decode_message(changed)
    except DecodeError:
        return
    assert encode_message(found) == changed
    assert (found == message) is (changed == raw)


@given(st.binary(max_size=300))
def test_arbitrary_messages(data: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_message(data)
    with pytest.raises(DecodeError):
        CommitmentProofs.decode(data)


@given(short, st.lists(short, max_size=4).map(tuple))
def test_commitment_proofs_round_trip(message: bytes, signatures: tuple[bytes, ...]) -> None:
    proofs = CommitmentProofs(message, signatures)
    assert CommitmentProofs.decode(proofs.encode()) == proofs


@given(st.lists(st.tuples(u64, words, contexts), min_size=4, max_size=6))
def test_aggregating_in_parts_is_aggregating_at_once(
    states: list[tuple[int, bytes, TrustingPeriod | None]],
) -> None:
    chain = [
        UpdateState(Height(0, one[0]), one[1], Height(0, two[0]), two[1], two[0], None)
        for one, two in pairwise(states)
    ]
    assert aggregate([aggregate(chain[:2]), *chain[2:]]) == aggregate(chain)


@given(st.lists(st.tuples(u64, u64), min_size=1, max_size=5), u64, u64)
def test_aggregated_context_asks_for_all(
    times: list[tuple[int, int]], period: int, drift: int
) -> None:
    parts = [TrustingPeriod(header, trusted, period, drift) for header, trusted in times]
    whole = aggregate_contexts([None, *parts])
    assert whole is not None
    assert whole.trusted_state_timestamp == min(one.trusted_state_timestamp for one in parts)
    assert all(whole.untrusted_header_timestamp >= one.untrusted_header_timestamp for one in parts)


REPORT = report(quote_body(b"\1" * 20))


@given(st.data())
def test_changed_reports(data: st.DataObject) -> None:
    changed = mutated(data, REPORT)
    try:
        parse_report(changed)
    except AVRInvalid:
        return
    # what still reads is compact JSON of the same keys: the signature is what refuses it
    assert changed.startswith(b'{"id":"')


@given(st.binary(max_size=200))
def test_arbitrary_reports(data: bytes) -> None:
    with pytest.raises(AVRInvalid):
        parse_report(data)


# --- Corda ---

TEAR_OFF = Bridge().tear_off().encode()
ENTRIES = (Entry("some/path", b"value"),)


@given(st.data())
def test_changed_tear_offs_never_prove_anything_else(data: st.DataObject) -> None:
    changed = mutated(data, TEAR_OFF)
    try:
        proven = verify_tear_off(TearOff.decode(changed), client_state())
    except (DecodeError, ErrInvalidProof):
        return
    assert proven.entries == ENTRIES


@given(st.binary(max_size=200))
def test_arbitrary_tear_offs(data: bytes) -> None:
    with pytest.raises((DecodeError, ErrInvalidProof)):
        verify_tear_off(TearOff.decode(data), client_state())
