"""The demo is well only when both chains did all of it or nothing."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from corda_sim.testing.dvp_demo.cases import CASES, Run
from corda_sim.testing.dvp_demo.legs import Leg, Part
from corda_sim.testing.dvp_demo.offer import PRICE, Holdings
from corda_sim.testing.dvp_demo.report import DvpReport, problems

BEFORE = Holdings({"alice": 500, "bob": 20}, {"token 7": "seller"})
SETTLED = Holdings({"alice": 500 - PRICE, "bob": 20 + PRICE}, {"token 7": "buyer"})
DONE = Run("success", "committed", [], BEFORE, SETTLED)
KEPT = Run("refused", "aborted", [], BEFORE, BEFORE)


@pytest.mark.parametrize("run", [DONE, KEPT, replace(KEPT, case="unsigned", outcome="expired")])
def test_all_or_nothing_is_well(run: Run) -> None:
    assert list(problems(run)) == []


def test_another_outcome_is_told() -> None:
    (problem,) = problems(replace(KEPT, case="success"))
    assert problem == "success: the transaction is aborted, not committed"


@pytest.mark.parametrize(
    "run",
    [
        replace(DONE, after=replace(SETTLED, corda=BEFORE.corda)),
        replace(DONE, after=replace(SETTLED, goquorum=BEFORE.goquorum)),
        replace(KEPT, after=replace(BEFORE, goquorum=SETTLED.goquorum)),
        replace(KEPT, after=replace(BEFORE, corda={"alice": 400, "bob": 20})),
    ],
)
def test_half_of_it_is_told(run: Run) -> None:
    (problem,) = problems(run)
    assert problem.startswith(f"{run.case}: {run.outcome}, but ")


def test_a_report_is_well_with_every_case_and_no_violation() -> None:
    assert DvpReport.of([DONE, KEPT], [], 2).ok
    assert not DvpReport.of([DONE], [], 2).ok
    assert not DvpReport.of([DONE, KEPT], ["double_spend at PartyA"], 2).ok
    wrong = DvpReport.of([replace(DONE, after=BEFORE)], [], 1)
    assert not wrong.ok
    assert len(wrong.violations) == 1


def test_people_see_owners_and_the_formulas_sums() -> None:
    counts = ((Part.CORDA, 3), (Part.GOQUORUM, 2), (Part.RELAY, 3))
    legs = [Leg(f"{part} {n}", part, 10.0 + n) for part, count in counts for n in range(count)]
    out = io.StringIO()
    DvpReport.of([replace(DONE, legs=legs), KEPT], [], 2).tell(Console(file=out, width=120))
    said = out.getvalue()
    assert "alice: 500 -> 400" in said
    assert "token 7: seller -> buyer" in said
    assert said.count("Time of each leg") == 1
    for line in ("3 x corda", "2 x goquorum", "3 x relay"):
        assert line in said
    assert " 87 " in said, "the sum of all legs"


def test_every_case_has_a_time_in_which_it_can_be_started() -> None:
    assert {name: case.outcome for name, case in CASES.items()} == {
        "success": "committed",
        "refused": "aborted",
        "unsigned": "expired",
        "killed": "committed",
        "absent_buyer": "committed",
        "timeout": "aborted",
    }
