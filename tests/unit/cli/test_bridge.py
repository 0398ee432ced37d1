"""`bridge audit`: what it prints, and its exit code."""

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
    """A node whose audit finds what a test says."""

    def __init__(self, found: list[dict[str, Any]]) -> None:
        self.found = found
        self.asked: list[dict[str, str]] = []

    def start_flow(self, name: str, arguments: dict[str, str]) -> "FakeNode":
        assert name == "BridgeAuditFlow"
        self.asked.append(arguments)
        return self

    def get(self) -> list[dict[str, Any]]:
        return self.found


@pytest.mark.parametrize(("found", "code"), [([], 0), ([BURNT], 1)])
def test_findings_are_a_failure(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    found: list[dict[str, Any]],
    code: int,
) -> None:
    node = FakeNode(found)

    @contextmanager
    def connect(_: object) -> Iterator[FakeNode]:
        yield node

    monkeypatch.setattr(bridge_commands, "connect", connect)
    assert run(["bridge", "audit", "--json"]) == code
    assert json.loads(capsys.readouterr().out) == found
    assert run(["bridge", "audit", "--host", BURNT["ref"]]) == code
    assert ("O=PartyA" if found else "nothing") in capsys.readouterr().out
    assert node.asked == [{}, {"base_id": BURNT["ref"]}]
