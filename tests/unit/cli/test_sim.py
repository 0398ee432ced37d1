"""`sim`: what it prints, and how it leaves."""

import json
from collections.abc import Iterable

import pytest

from corda_sim.cli.main import run
from corda_sim.invariants import Violation, ViolationKind
from corda_sim.testing.sim import run as sim_run
from corda_sim.testing.sim.plan import Plan
from corda_sim.testing.sim.run import Result

LOST = Violation(ViolationKind.LOST_FLOW, "PartyA", "payment-3 has no outcome")


class Simulator:
    """Breaks in the seeds that are told, where payment 3 is made."""

    broken: Iterable[int] = ()

    def run(self, plan: Plan, *, traced: bool = False) -> Result:
        paid = any(payment.number == 3 for payment in plan.payments)
        found = (LOST,) if paid and plan.seed in self.broken else ()
        return Result(plan, found, f"digest of {plan.seed}", ("an event",) if traced else ())


@pytest.fixture(autouse=True)
def simulator(monkeypatch: pytest.MonkeyPatch) -> type[Simulator]:
    monkeypatch.setattr(sim_run, "Simulator", Simulator)
    monkeypatch.setattr(Simulator, "broken", ())
    return Simulator


def test_no_violation_is_exit_code_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sim", "--seeds", "1..3"]) == 0

    out = capsys.readouterr().out
    assert "3 seeds, 0 violations" in out
    assert "seeds/s" in out


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sim", "--seeds", "1..3", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert run(["sim", "--seeds", "1..2", "--json"]) == 0
    fewer = json.loads(capsys.readouterr().out)

    assert set(first) == {"violations", "history_hash", "seconds"}
    assert first["violations"] == []
    assert first["history_hash"] != fewer["history_hash"]


def test_a_violation_is_exit_code_1(
    simulator: type[Simulator], capsys: pytest.CaptureFixture[str]
) -> None:
    simulator.broken = (2,)

    assert run(["sim", "--seeds", "1..3", "--json"]) == 1

    (violation,) = json.loads(capsys.readouterr().out)["violations"]
    assert violation == {
        "seed": 2,
        "kind": "lost_flow",
        "node": "PartyA",
        "detail": "payment-3 has no outcome",
    }


def test_the_shortest_history_is_printed(
    simulator: type[Simulator], capsys: pytest.CaptureFixture[str]
) -> None:
    simulator.broken = (2,)

    assert run(["sim", "--seeds", "1..3"]) == 1

    printed = capsys.readouterr()
    assert "seed 2: 1 payments" in printed.out
    assert "an event" in printed.out
    assert str(LOST) in printed.out
    assert "corda-sim sim --seed 2 --trace" in printed.err


def test_a_seed_is_traced(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sim", "--seed", "5", "--trace"]) == 0

    out = capsys.readouterr().out
    assert out.startswith("seed 5: ")
    assert "an event" in out
    assert out.count("fault ") == len(Plan.draw(5).faults)
    assert "history digest of 5" in out


def test_the_trace_of_a_failing_seed_is_exit_code_1(simulator: type[Simulator]) -> None:
    simulator.broken = (5,)

    assert run(["sim", "--seed", "5", "--trace"]) == 1


@pytest.mark.parametrize("seeds", ["3..1", "x", ""])
def test_wrong_seeds_are_wrong_usage(seeds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sim", "--seeds", seeds]) == 2

    assert "--seeds" in capsys.readouterr().err
