"""What commands print: tables for people, one JSON document for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

console = Console()
errors = Console(stderr=True)


def emit(document: Any, *, as_json: bool, text: str | None = None) -> None:  # noqa: ANN401 - JSON
    """Print `document`; people get `text`, or a table of it."""
    if as_json:
        sys.stdout.write(json.dumps(document) + "\n")
        sys.stdout.flush()
    elif text is not None:
        console.print(text, highlight=False, markup=False, soft_wrap=True)
    elif isinstance(document, list):
        _table(document)
    elif isinstance(document, Mapping):
        for name, value in document.items():
            console.print(f"{name}: {value}", highlight=False, markup=False)
    else:
        console.print(str(document), highlight=False, markup=False)


def _table(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        console.print("nothing")
        return
    table = Table()
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(("" if value is None else str(value)) for value in row.values()))
    console.print(table)
