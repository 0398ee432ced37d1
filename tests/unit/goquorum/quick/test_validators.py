"""Quorum, the proposer's turn and votes, by the figures measured on GoQuorum v22.4.0."""

import pytest

from corda_sim.ibc.lightclients.ethereum.rlp_items import encode_item
from goquorum.quick.validators import NOBODY, ValidatorKeys, Vote, proposer, quorum

A, B, C, D = (bytes([number]) * 20 for number in range(1, 5))


@pytest.mark.parametrize(
    ("validators", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5)]
)
def test_quorum(validators: int, needed: int) -> None:
    assert quorum(validators) == needed


def test_the_first_block_is_the_first_validators() -> None:
    assert proposer((A, B, C, D), NOBODY, 0) == A
    assert proposer((A, B, C, D), NOBODY, 5) == B


def test_proposers_take_turns_and_a_round_more_is_a_turn_more() -> None:
    assert [proposer((A, B, C, D), last, 0) for last in (A, B, C, D)] == [B, C, D, A]
    assert proposer((A, B, C, D), A, 1) == C
    assert proposer((A, B, C, D), D, 3) == D


def test_after_a_dropped_proposer_it_is_the_seconds_turn() -> None:
    assert proposer((A, B, C), D, 0) == B


def test_votes_are_encoded_as_goquorum_does() -> None:
    address = bytes.fromhex("aa" * 20)
    assert encode_item(Vote(address, add=True).item()).hex() == "d794" + "aa" * 20 + "81ff"
    assert encode_item(Vote(address, add=False).item()).hex() == "d694" + "aa" * 20 + "80"


def test_a_vote_that_won_keeps_the_set_ascending() -> None:
    assert Vote(B, add=True).applied((A, C)) == (A, B, C)
    assert Vote(B, add=True).applied((A, B)) == (A, B)
    assert Vote(A, add=False).applied((A, B)) == (B,)
    assert Vote(D, add=False).applied((A, B)) == (A, B)


def test_keys_follow_from_seed_and_number() -> None:
    one, other = ValidatorKeys(b"\1" * 32), ValidatorKeys(b"\2" * 32)
    assert one.secret(0) == ValidatorKeys(b"\1" * 32).secret(0)
    assert len({one.address(0), one.address(1), other.address(0), other.address(1)}) == 4
    assert (len(one.secret(0)), len(one.address(0))) == (32, 20)
