"""What people and programs get to read."""

import json
from typing import Any

import pytest

from corda_sim.cli.output import emit, in_line, outline

NESTED: dict[str, Any] = {
    "id": "AB",
    "notary": None,
    "inputs": [],
    "draining": False,
    "outputs": [{"state": "Cash", "data": {"owner": "O=A"}}, {"state": "Coin", "data": {}}],
    "signatures": ["k1", "k2"],
}


def test_a_nested_document_is_an_outline() -> None:
    assert list(outline(NESTED)) == [
        "id: AB",
        "notary: -",
        "inputs: -",
        "draining: false",
        "outputs:",
        "  - state: Cash",
        "    data:",
        "      owner: O=A",
        "  - state: Coin",
        "    data: -",
        "signatures:",
        "  - k1",
        "  - k2",
    ]


@pytest.mark.parametrize("value", [7, "text", None, True, [], [[]], [[1], [2]], {}])
def test_every_value_has_an_outline(value: object) -> None:
    assert all(line.strip() for line in outline(value))


def test_a_cell_is_one_line() -> None:
    assert in_line(NESTED["outputs"]) == "state=Cash, data=owner=O=A, state=Coin, data="
    assert in_line([]) == "-"


@pytest.mark.parametrize("document", [NESTED, [NESTED], [], {}, "text", 7, None])
def test_json_is_one_document_in_one_line(
    capsys: pytest.CaptureFixture[str], document: object
) -> None:
    emit(document, as_json=True, text="for people")
    printed = capsys.readouterr().out
    assert json.loads(printed) == document
    assert printed.count("\n") == 1


def test_people_get_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    emit(NESTED, as_json=False, text="[bold]as it is[/bold] " + "x" * 200)
    assert capsys.readouterr().out == "[bold]as it is[/bold] " + "x" * 200 + "\n"


def test_a_table_in_a_pipe_has_a_row_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"name": "a" * 150, "note": "[1]"}, {"name": "b", "note": None}]
    emit(rows, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [["name", "note"], ["a" * 150, "[1]"], ["b", "-"]]
    assert lines == [line.rstrip() for line in lines]


def test_an_empty_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    emit([], as_json=False)
    assert capsys.readouterr().out == "nothing\n"
