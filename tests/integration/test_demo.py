"""The demo keeps its promise, with every flow rebuilt from its journal at every suspend."""

import io
from dataclasses import asdict
from pathlib import Path

import pytest
from rich.console import Console

from corda_sim.cli.main import run
from corda_sim.testing.demo import CashDemo
from corda_sim.testing.load import MIN_IN_FLIGHT
from tests.integration.rigs import Rig

pytestmark = pytest.mark.integration

PAYMENTS = 500
SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("rig", "reload"),
    [
        pytest.param(Rig.EMBEDDED, True),
        pytest.param(Rig.EMBEDDED, False, marks=SLOW),
        pytest.param(Rig.SERVERS, True, marks=[*Rig.SERVERS.marks, SLOW]),
        pytest.param(Rig.SERVERS, False, marks=[*Rig.SERVERS.marks, SLOW]),
    ],
)
def test_payments_settle_while_nodes_are_killed(
    request: pytest.FixtureRequest, tmp_path: Path, rig: Rig, reload: bool
) -> None:
    out, errors = io.StringIO(), io.StringIO()
    directory = tmp_path / "network"
    demo = CashDemo(PAYMENTS, directory, rig.network(request), reload)

    report = demo.run(Console(file=out, width=200), Console(file=errors))

    said = out.getvalue()
    assert errors.getvalue() == ""
    assert asdict(report) == {
        "ok": True,
        "payments": PAYMENTS,
        "killed": ["PartyB", "Notary"],
        "resumed": report.resumed,
        "violations": [],
        "seconds": report.seconds,
    }
    assert report.resumed > 0
    for node in report.killed:
        line = next(line for line in said.splitlines() if line.startswith(f"Killed {node} with"))
        assert int(line.split()[3]) >= MIN_IN_FLIGHT
    assert said.count("2,000,000") == 3  # issued, and the sums before and after
    for told in ("replay", "re-sent", "duplicates dropped", "Invariants hold"):
        assert told in said
    assert ("reloadCheckpointAfterSuspend = true" in config_of(directory)) is reload


def config_of(directory: Path) -> str:
    return (directory / "PartyA" / "node.toml").read_text()


def test_too_few_payments_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "cash", "--payments", "99", "--json"]) == 2
    assert capsys.readouterr().out == ""


def test_a_network_is_never_made_over_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "kept").write_text("mine")
    assert run(["demo", "cash", "--directory", str(tmp_path), "--json"]) == 1
    assert "DirectoryNotEmptyException" in capsys.readouterr().err
    assert (tmp_path / "kept").read_text() == "mine"
