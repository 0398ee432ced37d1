"""Seeds: what they draw, what they give, and that they give it again."""

import json
import os
import subprocess
import sys

import pytest

from corda_sim.core.errors import IllegalArgumentError
from corda_sim.invariants import Violation, ViolationKind
from corda_sim.testing.sim.crew import run_side_by_side
from corda_sim.testing.sim.plan import MIN_FAULTS, MIN_PAYMENTS, Plan
from corda_sim.testing.sim.run import Result, Simulator
from corda_sim.testing.sim.seeds import Report, parse_seeds, report_of, run_seeds

SAMPLE = range(1, 6)


@pytest.mark.parametrize("seed", range(50))
def test_a_seed_is_a_plan(seed: int) -> None:
    plan = Plan.draw(seed)

    assert plan == Plan.draw(seed)
    assert len(plan.payments) >= MIN_PAYMENTS >= 20
    assert len(plan.faults) >= MIN_FAULTS >= 3
    assert all(payment.payer != payment.payee and payment.yen > 0 for payment in plan.payments)


def test_the_plans_of_some_seeds_hold_every_kind_of_fault() -> None:
    kinds = {type(fault).__name__ for seed in range(100) for fault in Plan.draw(seed).faults}

    assert kinds == {
        "CrashAt",
        "DrainAndKill",
        "Freeze",
        "FreezeInCommit",
        "Kill",
        "LostAnswer",
        "NoDatabase",
        "Poison",
        "Storm",
    }


def test_networks_under_faults_keep_their_promises(simulator: Simulator) -> None:
    assert report_of(run_seeds(simulator, SAMPLE)).document()["violations"] == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_networks_under_faults_keep_their_promises() -> None:
    assert report_of(run_side_by_side(range(1, 1001))).document()["violations"] == []


def test_side_by_side_the_histories_are_the_same(simulator: Simulator) -> None:
    alone, beside = run_seeds(simulator, SAMPLE), run_side_by_side(SAMPLE, processes=2)

    assert list(beside) == list(alone)


def test_a_seed_has_one_history(simulator: Simulator) -> None:
    first, again, other = (simulator.run(Plan.draw(seed)).digest for seed in (3, 3, 4))

    assert first == again != other


def test_a_trace_is_of_the_same_history(simulator: Simulator) -> None:
    traced, untraced = (simulator.run(Plan.draw(5), traced=traced) for traced in (True, False))

    assert traced.digest == untraced.digest
    assert any("works under epoch" in line for line in traced.lines)
    assert untraced.lines == ()


def test_the_history_is_the_same_in_other_processes() -> None:
    hashes = {_history_of_seed_2(hash_seed) for hash_seed in ("1", "2")}

    assert len(hashes) == 1


def _history_of_seed_2(hash_seed: str) -> str:
    command = [sys.executable, "-m", "corda_sim.cli.main", "sim", "--seed", "2", "--json"]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, capture_output=True, env=environment, check=True, timeout=120)
    document = json.loads(done.stdout)
    assert document["violations"] == []
    assert document["seconds"] > 0
    return str(document["history_hash"])


@pytest.mark.parametrize(
    ("text", "seeds"), [("1..3", [1, 2, 3]), ("7", [7]), ("7..7", [7]), ("0..1", [0, 1])]
)
def test_seeds_are_read(text: str, seeds: list[int]) -> None:
    assert list(parse_seeds(text)) == seeds


@pytest.mark.parametrize("text", ["", "x", "3..1", "1..", "..2", "1-3", "-1", "1...3"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(IllegalArgumentError):
        parse_seeds(text)


def test_a_report_tells_each_violation_with_its_seed() -> None:
    violation = Violation(ViolationKind.LOST_FLOW, "PartyA", "a flow still runs")
    plan = Plan(9, (), ())
    report = Report("abc", 1.23456, [Result(plan, (violation, violation), "d")])

    document = json.loads(json.dumps(report.document()))

    found = {"seed": 9, "kind": "lost_flow", "node": "PartyA", "detail": "a flow still runs"}
    assert document == {"violations": [found, found], "history_hash": "abc", "seconds": 1.235}
