"""The crash matrix in the simulator: a sample always, all of it among the slow tests."""

from itertools import islice

import pytest

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.node.cordapps import installed_cordapps
from corda_sim.node.crash import CrashPoint
from corda_sim.testing.library import Scene, library
from corda_sim.testing.sim.matrix import CrashMatrix
from corda_sim.testing.sim.plan import PARTY_A, PARTY_B
from corda_sim.testing.sim.run import Simulator
from corda_sim.testing.site import NOTARY

FLOWS = (
    "issue",
    "issue under a validator",
    "issue and pay",
    "pay",
    "pay anonymously",
    "pay to account",
    "exit",
    "create account",
    "share account",
    "request account",
    "request key",
    "share state",
    "share state with account",
    "swap identities",
    "recover transactions",
    "all accounts",
    "our accounts",
    "accounts of a host",
    "account by name",
    "account by identifier",
    "account by key",
    "ask witness",
)
BRIDGE = ("corda_sim.bridge.", "corda_sim.cross.", "corda_sim.dvp.", "corda_sim.ibc.")
"""Their flows need another chain, which the simulated world hasn't."""
EVERY = 13


@pytest.fixture(scope="module")
def matrix(simulator: Simulator) -> CrashMatrix:
    return CrashMatrix(simulator)


def test_the_matrix_has_these_flows(matrix: CrashMatrix) -> None:
    assert matrix.flows == FLOWS


def test_every_flow_that_runs_by_itself_is_in_the_library(simulator: Simulator) -> None:
    party = simulator.stage.site.party_of(PARTY_A)
    scene = Scene(party, party, party, StateRef(SecureHash.sha256(b""), 0))
    made = {type(flow.make("word")).flow_name for flow in library(scene).values()}
    flows = [flow for app in installed_cordapps() for flow in app.flows]
    wanted = {flow.flow_name for flow in flows if flow.is_startable_by_rpc}

    assert {name for name in wanted if not name.startswith(BRIDGE)} <= made


def test_a_dry_run_counts_every_point_that_is_passed(matrix: CrashMatrix) -> None:
    cells = list(matrix.cells("pay"))

    assert cells == list(matrix.cells("pay"))
    assert {cell.node for cell in cells} == {PARTY_A, PARTY_B, NOTARY}
    assert {cell.point for cell in cells} == set(CrashPoint) - {CrashPoint.MID_RECOVERY}
    assert all(cell.occurrence >= 1 for cell in cells)


@pytest.mark.parametrize("flow", FLOWS)
def test_a_flow_survives_some_crashes(matrix: CrashMatrix, flow: str) -> None:
    broken = {
        cell: found
        for cell in islice(matrix.cells(flow), None, None, EVERY)
        if (found := matrix.crash(cell))
    }

    assert broken == {}


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("twice", [False, True], ids=["once", "twice"])
@pytest.mark.parametrize("flow", FLOWS)
def test_a_flow_survives_every_crash(matrix: CrashMatrix, flow: str, twice: bool) -> None:
    broken = {
        cell: found for cell in matrix.cells(flow) if (found := matrix.crash(cell, twice=twice))
    }

    assert broken == {}
