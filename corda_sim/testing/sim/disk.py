"""Simulated disks: they outlive processes, and lose what wasn't durable when one dies.

A node's disk is a database in memory below the real `SqlStorage`; a transaction that a crash
interrupts is rolled back, as its unsynced log would be lost.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from corda_sim.core.write_batch import WriteBatch
from corda_sim.node.storage.database import Outcomes, SqlStorage
from corda_sim.node.storage.errors import CommitOutcomeUnknown, DatabaseUnavailable


@dataclass(slots=True)
class DiskFaults:
    """What the disk does wrong.

    `lost_answers` are commits, by number, whose outcome stays unknown; their value tells whether
    they happened.
    """

    unavailable: bool = False
    lost_answers: dict[int, bool] = field(default_factory=dict)


Observer = Callable[[Sequence[WriteBatch], Outcomes], None]


def _nobody(_batches: Sequence[WriteBatch], _outcomes: Outcomes) -> None:
    """Nobody watches."""


class SimStorage(SqlStorage):
    """The real storage with a disk that fails on demand."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.faults = DiskFaults()
        self.observer: Observer = _nobody
        self.commits = 0

    def renew(self, observer: Observer) -> None:
        """Another world begins."""
        self.faults, self.observer, self.commits = DiskFaults(), observer, 0

    def commit(self, batches: Sequence[WriteBatch], *, epoch: int | None) -> Outcomes:
        """Commit, unless the disk has other plans. Raises as `SqlStorage.commit`."""
        self.commits += 1
        if self.faults.unavailable:
            raise DatabaseUnavailable("the simulated database can't be reached")
        happens = self.faults.lost_answers.pop(self.commits, None)
        if happens is False:
            raise CommitOutcomeUnknown("the simulated connection broke during COMMIT")
        outcomes = super().commit(batches, epoch=epoch)
        self.observer(batches, outcomes)
        if happens:
            raise CommitOutcomeUnknown("the simulated connection broke after COMMIT")
        return outcomes


class SimDisk:
    """One node's disk."""

    def __init__(self, name: str) -> None:
        self.url = f"sqlite:///file:/{name}?vfs=memdb&uri=true"
        self._keeper = sqlite3.connect(f"file:/{name}?vfs=memdb", uri=True)
        self.storage = SimStorage(self.url)

    def image(self) -> sqlite3.Connection:
        """A copy of what is on the disk."""
        copy = sqlite3.connect(":memory:")
        self._keeper.backup(copy)
        return copy

    def load(self, image: sqlite3.Connection) -> None:
        """Put a copy onto the disk in place of all it holds."""
        image.backup(self._keeper)
