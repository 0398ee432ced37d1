"""Seals, votes and what a test may ask of the next block."""

import pytest

from corda_sim.ibc.lightclients.ethereum.signatures import recover_address
from goquorum.quick.header import Header
from goquorum.quick.sealer import Sealer, SealFault, seal_order
from goquorum.quick.validators import NOBODY, quorum
from tests.unit.goquorum.quick.evm import evm_block, keys, sealer


def signers(header: Header) -> list[bytes]:
    return [recover_address(header.seal_hash(), seal) for seal in header.extra.seals]


def blocks(by: Sealer, count: int) -> list[Header]:
    made = [by.genesis(evm_block(0))]
    for number in range(1, count + 1):
        made.append(by.seal(evm_block(number), made[-1]))
    return made[1:]


def test_block_0_is_nobodys() -> None:
    genesis = sealer().genesis(evm_block(0))
    assert (genesis.miner, genesis.parent_hash, genesis.extra.seals) == (NOBODY, bytes(32), ())
    assert genesis.extra.validators == tuple(sorted(keys().address(n) for n in range(4)))


@pytest.mark.parametrize("validators", [1, 2, 3, 4, 5, 7])
def test_a_quorum_of_different_validators_seals(validators: int) -> None:
    for header in blocks(sealer(validators), 4):
        found = signers(header)
        assert len(found) == len(set(found)) == quorum(validators)
        assert set(found) <= set(header.extra.validators)
        assert validators == 1 or found != sorted(found)


def test_proposers_take_turns_and_name_the_parent() -> None:
    made = blocks(sealer(), 5)
    validators = made[0].extra.validators
    assert [header.miner for header in made] == [*validators, validators[0]]
    assert made[1].parent_hash == made[0].block_hash()


def test_a_later_round_is_for_one_block_and_another_proposer() -> None:
    by = sealer()
    by.use_round(1)
    first, second = blocks(by, 2)
    assert (first.extra.round, second.extra.round) == (1, 0)
    assert first.miner == first.extra.validators[1]
    assert set(signers(first)) <= set(first.extra.validators)


@pytest.mark.parametrize(
    ("fault", "seals", "good"),
    [(SealFault.FEW, 2, 2), (SealFault.DOUBLED, 3, 2), (SealFault.FOREIGN, 3, 2)],
)
def test_a_spoilt_block_is_one_seal_short_and_the_next_is_not(
    fault: SealFault, seals: int, good: int
) -> None:
    by = sealer()
    by.spoil(fault)
    first, second = blocks(by, 2)
    assert len(first.extra.seals) == seals
    assert len(set(signers(first)) & set(first.extra.validators)) == good
    assert len(set(signers(second)) & set(second.extra.validators)) == 3


def test_round_and_fault_are_asked_together() -> None:
    by = sealer()
    by.use_round(2)
    by.spoil(SealFault.FEW)
    (header,) = blocks(by, 1)
    assert (header.extra.round, len(header.extra.seals)) == (2, 2)


def test_more_than_half_must_vote_and_the_block_after_has_the_new_set() -> None:
    by = sealer()
    by.vote(4, add=True)
    made = blocks(by, 5)
    candidate = keys().address(4)
    votes = [header.extra.vote for header in made]
    assert [vote and vote.address for vote in votes] == [candidate] * 3 + [None] * 2
    assert [len(header.extra.validators) for header in made] == [4, 4, 4, 5, 5]
    assert len(made[3].extra.seals) == 4


def test_a_proposer_votes_once() -> None:
    by = sealer(2)
    by.vote(1, add=False)
    made = blocks(by, 3)
    assert [header.extra.vote is not None for header in made] == [True, True, False]
    assert made[2].extra.validators == (keys().address(0),)


def test_a_single_validators_vote_is_enough() -> None:
    by = sealer(1)
    by.vote(1, add=True)
    made = blocks(by, 2)
    assert [len(header.extra.validators) for header in made] == [1, 2]


def test_a_replaced_set_seals_the_next_block_without_a_vote() -> None:
    by = sealer()
    by.vote(9, add=True)
    by.replace_validators([5, 6])
    first, _ = blocks(by, 2)
    assert first.extra.vote is None
    assert set(first.extra.validators) == {keys().address(5), keys().address(6)}
    assert set(signers(first)) == set(first.extra.validators)


def test_seals_are_never_in_the_sets_order() -> None:
    validators = tuple(sorted(keys().address(number) for number in range(4)))
    orders = [seal_order(validators, bytes([number]) * 32) for number in range(50)]
    assert all(order != sorted(order) for order in orders)
    assert len({frozenset(order) for order in orders}) == 4
