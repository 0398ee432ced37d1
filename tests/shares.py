"""`--part I/N` and `--passed FILE`: a run of the tests in parts, and taken up again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

Item = TypeVar("Item")


@dataclass(frozen=True)
class Part:
    """Every `of`-th test, from the `number`-th (from 1) on."""

    number: int = 1
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> "Part":
        """Read `I/N`. Raises pytest.UsageError."""
        number, _, of = text.partition("/")
        if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
            raise pytest.UsageError(f"--part: expected I/N as 1/4, found {text!r}")
        return cls(int(number), int(of))

    def takes(self, items: Sequence[Item]) -> Sequence[Item]:
        return items[self.number - 1 :: self.of]


class Shares:
    """Leaves out what other parts run and what has passed, and notes what passes."""

    def __init__(self, part: Part, passed: Path | None, *, notes: bool) -> None:
        self._part, self._passed, self._notes = part, passed, notes

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        done = self._done()
        kept = [item for item in self._part.takes(items) if item.nodeid not in done]
        chosen = set(kept)
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = kept

    def _done(self) -> set[str]:
        if self._passed is None or not self._passed.exists():
            return set()
        return set(self._passed.read_text().splitlines())

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self._passed and self._notes and report.when == "call" and report.passed:
            with self._passed.open("a") as file:
                file.write(f"{report.nodeid}\n")
