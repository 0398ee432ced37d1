"""The live table of what has happened so far."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table


class Steps:
    """Steps with the seconds at which they came; a terminal sees the table grow."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._began = time.monotonic()
        self._table = Table("Seconds", "Case", "Step")

    def tell(self, case: str, step: str) -> None:
        """A step is done, or begins."""
        seconds = f"{time.monotonic() - self._began:.1f}"
        self._table.add_row(seconds, case, step)
        if self._live is None:
            self._console.print(f"{seconds:>7} {case:<12} {step}", markup=False, soft_wrap=True)
        else:
            self._live.refresh()

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Shown as a table on a terminal, as lines elsewhere."""
        if not self._console.is_terminal:
            yield
            return
        with Live(self._table, console=self._console, auto_refresh=False) as self._live:
            yield
        self._live = None
