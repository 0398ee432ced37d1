"""Node processes kill themselves at crash points, in every flow of the library, on both rigs.

A dry run counts how often each node passes each point; each cell of the matrix is another run, in
which a node dies at the first, second or last of them, once in each flow again while it recovers.
The default run takes a sample, drawn anew each time from PYTHONHASHSEED.
"""

import os
from collections.abc import Iterator
from random import Random

import pytest

from corda_sim.node.crash import CrashPoint
from tests.integration.crash_matrix import Cell, ProcessMatrix
from tests.integration.crashing import Networks, Setting
from tests.integration.rigs import Rig
from tests.unit.testing.sim.test_matrix import FLOWS

pytestmark = pytest.mark.integration

SEED = os.environ.get("PYTHONHASHSEED", "random")
SAMPLED_FLOWS = 4
RIGS = [pytest.param(rig, marks=rig.marks, id=rig) for rig in Rig]
POINTS = set(CrashPoint) - {CrashPoint.MID_RECOVERY}
"""Those that a flow passes; the other is passed by a process that starts again."""


Matrices = Networks[ProcessMatrix]


@pytest.fixture(scope="module")
def matrices(request: pytest.FixtureRequest) -> Iterator[Matrices]:
    made = Networks(request, ProcessMatrix)
    yield made
    made.close()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("rig", RIGS)
def test_a_sample_of_crashes(matrices: Matrices, rig: Rig) -> None:
    """Every point is passed, at nodes and in flows of the draw's choice, and one double crash."""
    random = Random(f"{SEED}/{rig}")
    matrix = matrices.of(Setting(rig, random.random() < 0.5))

    problems = list(filter(None, map(matrix.crash, drawn(matrix, random))))

    assert problems == [], f"PYTHONHASHSEED={SEED} draws them again"


def drawn(matrix: ProcessMatrix, random: Random) -> list[Cell]:
    """One cell for each point, out of a few flows that pass all of them."""
    flows = random.sample(FLOWS, len(FLOWS))
    found: list[Cell] = []
    for number, flow in enumerate(flows):
        if number >= SAMPLED_FLOWS and {cell.point for cell in found} == POINTS:
            break
        found += matrix.cells(flow)
    once = [random.choice([c for c in found if c.point is point]) for point in sorted(POINTS)]
    return [*once, random.choice([cell for cell in found if cell.again])]


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("rig", RIGS)
def test_a_flow_survives_its_crashes(matrices: Matrices, rig: Rig, flow: str) -> None:
    """All cells; half of the flows with reloadCheckpointAfterSuspend, on each rig the others."""
    reload = (FLOWS.index(flow) < len(FLOWS) // 2) == (rig is Rig.EMBEDDED)
    matrix = matrices.of(Setting(rig, reload))

    assert list(filter(None, map(matrix.crash, matrix.cells(flow)))) == []
