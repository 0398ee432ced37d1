"""`tx note`: which operations it asks for, and what it prints."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from corda_sim.cli import tx as tx_commands
from corda_sim.cli.main import run

TX = "AB" * 32


class FakeClient:
    """Keeps notes, and what it was asked."""

    def __init__(self) -> None:
        self.notes: list[str] = ["old"]
        self.asked: list[str] = []

    def invoke(self, method: str, **arguments: str) -> Any:  # noqa: ANN401 - JSON
        self.asked.append(method)
        assert arguments["id"] == TX
        if "note" in arguments:
            self.notes.append(arguments["note"])
        return self.notes


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> FakeClient:
    made = FakeClient()

    @contextmanager
    def connect(_: object) -> Iterator[FakeClient]:
        yield made

    monkeypatch.setattr(tx_commands, "connect", connect)
    return made


def test_notes_are_listed(client: FakeClient, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tx", "note", TX]) == 0
    assert capsys.readouterr().out == f"id: {TX}\nnotes:\n  - old\n"
    assert client.asked == ["getVaultTransactionNotes"]


def test_a_note_is_added_and_all_are_listed(
    client: FakeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["tx", "note", TX, "paid late", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == {"id": TX, "notes": ["old", "paid late"]}
    assert client.asked == ["addVaultTransactionNote", "getVaultTransactionNotes"]


def test_what_is_no_id_is_wrong_usage(client: FakeClient) -> None:
    assert run(["tx", "note", "xyz"]) == 2
    assert client.asked == []
