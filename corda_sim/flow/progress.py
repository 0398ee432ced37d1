"""How far a flow is: its current step, and as its children the steps of the sub-flow in it."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

SEPARATOR = " > "


class Progress(msgspec.Struct, frozen=True):
    """A step that a flow has come to; before it in `path` stand those of the flows around it."""

    path: tuple[str, ...]

    def __str__(self) -> str:
        return SEPARATOR.join(self.path)


@dataclass(frozen=True, slots=True)
class TreeStep:
    """One line of the tree of steps (ProgressTracker.allStepsLabels)."""

    depth: int
    label: str
    is_current: bool


@dataclass(slots=True)
class _Level:
    steps: tuple[str, ...]
    current: str | None = None


class ProgressTracker:
    """The steps of a flow and of the sub-flows that it is in.

    Source: ProgressTracker.setChildProgressTracker, which FlowLogic.subFlow calls for the current
    step of the flow around.
    """

    def __init__(self) -> None:
        self._levels: list[_Level] = []

    def enter(self, steps: tuple[str, ...]) -> int:
        """A flow or sub-flow with these steps begins; its depth, 0 for the flow itself."""
        self._levels.append(_Level(steps))
        return len(self._levels) - 1

    def leave(self, depth: int) -> None:
        """The sub-flow of that depth has ended."""
        del self._levels[depth:]

    def reach(self, depth: int, label: str) -> None:
        """The flow of that depth is at the step `label`."""
        self._levels[depth].current = label

    @property
    def now(self) -> Progress:
        """Where the flow is; an empty path before its first step."""
        return Progress(tuple(one.current for one in self._levels if one.current is not None))

    def tree(self) -> list[TreeStep]:
        """All steps that are known by now, in order, the current ones marked."""
        return list(self._tree(0, 0))

    def _tree(self, at: int, depth: int) -> Iterator[TreeStep]:
        if at == len(self._levels):
            return
        level = self._levels[at]
        for label in dict.fromkeys((*level.steps, *filter(None, [level.current]))):
            yield TreeStep(depth, label, label == level.current)
            if label == level.current:
                yield from self._tree(at + 1, depth + 1)
        if level.current is None:
            yield from self._tree(at + 1, depth)
