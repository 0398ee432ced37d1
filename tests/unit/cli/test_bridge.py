"""`bridge audit | repair`: what they print, and their exit codes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from corda_sim.cli import bridge as bridge_commands
from corda_sim.cli.main import run

BURNT: dict[str, Any] = {
    "ref": f"{'AB' * 32}(1)",
    "what": "lock 00",
    "transaction": "CD" * 32,
    "requester": "O=PartyA, L=London, C=GB",
    "proven": True,
}


class FakeNode:
    """A node whose flow ends as a test says."""

    def __init__(self, outcome: object) -> None:
        self.outcome = outcome
        self.asked: list[tuple[str, dict[str, str]]] = []

    def start_flow(self, name: str, arguments: dict[str, str]) -> "FakeNode":
        self.asked.append((name, arguments))
        return self

    def get(self) -> object:
        return self.outcome


def connected(monkeypatch: pytest.MonkeyPatch, outcome: object) -> FakeNode:
    node = FakeNode(outcome)

    @contextmanager
    def connect(_: object) -> Iterator[FakeNode]:
        yield node

    monkeypatch.setattr(bridge_commands, "connect", connect)
    return node


@pytest.mark.parametrize(("found", "code"), [([], 0), ([BURNT], 1)])
def test_findings_are_a_failure(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    found: list[dict[str, Any]],
    code: int,
) -> None:
    node = connected(monkeypatch, found)
    assert run(["bridge", "audit", "--json"]) == code
    assert json.loads(capsys.readouterr().out) == found
    assert run(["bridge", "audit", "--host", BURNT["ref"]]) == code
    assert ("O=PartyA" if found else "nothing") in capsys.readouterr().out
    wanted: tuple[dict[str, str], ...] = ({}, {"base_id": BURNT["ref"]})
    assert node.asked == [("BridgeAuditFlow", arguments) for arguments in wanted]


def test_a_lock_is_put_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    restored = f"{'EF' * 32}(0)"
    node = connected(monkeypatch, restored)
    assert run(["bridge", "repair", BURNT["ref"]]) == 0
    assert capsys.readouterr().out.strip() == restored
    assert node.asked == [("BridgeRepairFlow", {"lock": BURNT["ref"]})]
