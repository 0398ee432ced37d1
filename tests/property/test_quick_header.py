"""Headers of the quick devnet, whatever is in them."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from corda_sim.ibc.lightclients.qbft.header import parse_header
from goquorum.endpoint.qbft_block import read_block
from goquorum.quick.header import Extra, Header
from goquorum.quick.sealer import Sealer
from goquorum.quick.validators import ValidatorKeys, Vote, proposer, quorum
from goquorum.quick.views import block_view
from tests.unit.goquorum.quick.evm import evm_block

WORDS = st.binary(min_size=32, max_size=32)
ADDRESSES = st.binary(min_size=20, max_size=20)
SETS = st.sets(ADDRESSES, min_size=1, max_size=9).map(lambda found: tuple(sorted(found)))
ROUNDS = st.integers(0, 2**32 - 1)
COUNTS = st.integers(0, 2**64 - 1)
SEALS = st.lists(st.binary(min_size=65, max_size=65), max_size=9).map(tuple)
EXTRAS = st.builds(
    Extra, SETS, st.none() | st.builds(Vote, ADDRESSES, st.booleans()), ROUNDS, SEALS, WORDS
)
HEADERS = st.builds(
    Header,
    parent_hash=WORDS,
    miner=ADDRESSES,
    state_root=WORDS,
    transactions_root=WORDS,
    receipts_root=WORDS,
    logs_bloom=st.binary(min_size=256, max_size=256),
    number=COUNTS,
    gas_limit=COUNTS,
    gas_used=COUNTS,
    timestamp=COUNTS,
    extra=EXTRAS,
)


@given(HEADERS)
def test_the_hashes_differ_exactly_where_the_round_isnt_0(header: Header) -> None:
    assert (header.block_hash() != header.seal_hash()) == (header.extra.round != 0)


@given(HEADERS, ROUNDS, SEALS)
def test_round_and_seals_never_change_the_name(
    header: Header, at_round: int, seals: tuple[bytes, ...]
) -> None:
    other = replace(header, extra=replace(header.extra, round=at_round)).sealed(seals)
    assert other.block_hash() == header.block_hash()
    assert (other.seal_hash() == header.seal_hash()) == (at_round == header.extra.round)


@given(HEADERS)
def test_the_light_client_takes_the_same_two_hashes(header: Header) -> None:
    found = parse_header(header.sealed(()).encode())
    assert (found.block_hash, found.commit_hash) == (header.block_hash(), header.seal_hash())
    assert (found.number, found.validators) == (header.number, header.extra.validators)


@given(st.integers(1, 9), st.integers(0, 5), st.integers(1, 50))
def test_a_sealed_block_reads_back_with_a_quorum(
    validators: int, at_round: int, number: int
) -> None:
    sealer = Sealer(ValidatorKeys(bytes(32)), validators)
    sealer.use_round(at_round)
    parent = sealer.genesis(evm_block(number - 1))
    header = sealer.seal(evm_block(number), parent)
    block = read_block(block_view(evm_block(number), header))
    assert block.header.block_hash == header.block_hash()
    assert sum(map(bool, block.seals())) == quorum(validators)
    assert block.stored_seals == header.extra.seals


@given(SETS, st.integers(0, 20))
def test_in_as_many_blocks_as_validators_each_has_his_turn(
    validators: tuple[bytes, ...], start: int
) -> None:
    last, turns = validators[start % len(validators)], []
    for _ in validators:
        last = proposer(validators, last, 0)
        turns.append(last)
    assert sorted(turns) == list(validators)
