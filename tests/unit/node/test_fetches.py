"""Claims on transactions that are being fetched."""

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.flow.context import StagedStep
from corda_sim.node.fetches import FetchesEnded, TransactionFetches

ONE, TWO, THREE = (SecureHash.sha256(bytes([n])) for n in range(3))


def test_the_first_to_claim_has_it() -> None:
    fetches = TransactionFetches()
    assert fetches.claim("a", [ONE, TWO]) == [ONE, TWO]
    assert fetches.claim("b", [TWO, THREE]) == [THREE]
    assert [fetches.fetcher(one) for one in (ONE, TWO, THREE)] == ["a", "a", "b"]


def test_a_claim_made_again_is_the_flows_own() -> None:
    fetches = TransactionFetches()
    fetches.claim("a", [ONE])
    assert fetches.claim("a", [ONE, TWO]) == [ONE, TWO]
    assert len(fetches) == 2


def test_a_flow_gives_up_its_claims_with_a_commit() -> None:
    fetches, step = TransactionFetches(), StagedStep("a")
    fetches.claim("a", [ONE])
    fetches.claim("b", [TWO])
    fetches.end(step, "a")
    assert fetches.fetcher(ONE) == "a"
    for action in step.on_commit:
        action()
    assert step.notifications == [FetchesEnded()]
    assert (fetches.fetcher(ONE), fetches.fetcher(TWO)) == (None, "b")


def test_the_end_of_a_flow_without_claims_is_not_told() -> None:
    fetches, step = TransactionFetches(), StagedStep("a")
    fetches.end(step, "a")
    assert (step.notifications, step.on_commit) == ([], [])


def test_an_end_that_is_told_twice_is_one() -> None:
    fetches, step = TransactionFetches(), StagedStep("a")
    fetches.claim("a", [ONE])
    fetches.end(step, "a")
    fetches.end(step, "a")
    for action in step.on_commit:
        action()
    assert len(fetches) == 0
