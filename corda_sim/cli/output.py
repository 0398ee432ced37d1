"""What commands print: tables for people, one JSON document for programs."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDE = 1000
_INDENT = "  "

console = Console(highlight=False, markup=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def emit(document: Any, *, as_json: bool, text: str | None = None) -> None:  # noqa: ANN401 - JSON
    """Print `document`; people get `text`, or a table or an outline of it."""
    if as_json:
        sys.stdout.write(json.dumps(document) + "\n")
        sys.stdout.flush()
    elif text is not None:
        console.print(text)
    elif isinstance(document, list):
        _print_table(document)
    else:
        console.print("\n".join(outline(document)))


def outline(value: Any, indent: str = "") -> Iterator[str]:  # noqa: ANN401 - JSON
    """The lines of a nested value: `name: value`, and what is inside it below, further in."""
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _entry(f"{indent}{name}:", inner, indent)
    elif isinstance(value, list) and value:
        for inner in value:
            first, *rest = outline(inner, indent + _INDENT)
            yield f"{indent}- {first.lstrip()}"
            yield from rest
    else:
        yield f"{indent}{_scalar(value)}"


def _entry(head: str, value: Any, indent: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(value, Mapping | list) and value:
        yield head
        yield from outline(value, indent + _INDENT)
    else:
        yield f"{head} {_scalar(value)}"


def _scalar(value: Any) -> str:  # noqa: ANN401 - JSON
    if value is None or value in ([], {}):
        return "-"
    return str(value).lower() if isinstance(value, bool) else str(value)


def in_line(value: Any) -> str:  # noqa: ANN401 - JSON
    """A value in one line, for a cell of a table."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={in_line(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(in_line, value)) or "-"
    return _scalar(value)


def _print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        console.print("nothing")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(in_line(value)) for value in row.values()))
    if console.is_terminal:
        console.print(table, soft_wrap=False)
        return
    # A file or a pipe gets a row a line, however long.
    page = StringIO()
    Console(file=page, width=_WIDE).print(table)
    console.print("\n".join(line.rstrip() for line in page.getvalue().splitlines()))
