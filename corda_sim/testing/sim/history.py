"""What happened in a world, in order: hashed always, kept as text where somebody reads it."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from corda_sim.core.write_batch import Execute, Insert, InsertIgnore, Upsert, WriteBatch

_MILLI = 1_000_000


@dataclass(slots=True)
class History:
    """The events of one world. `lines` fills up only when `traced`."""

    start_ns: int
    traced: bool = False
    lines: list[str] = field(default_factory=list)
    _hash: Any = field(default_factory=sha256)

    def note(self, now_ns: int, who: str, what: str) -> None:
        """Something happened."""
        self._hash.update(f"{now_ns} {who} {what}\n".encode())
        if self.traced:
            self.lines.append(f"{(now_ns - self.start_ns) / _MILLI:10.3f} ms  {who}  {what}")

    def rows(self, batches: list[WriteBatch]) -> None:
        """Rows became durable; every byte of their contents counts."""
        for batch in batches:
            for op in batch.ops:
                self._hash.update(type(op).__name__.encode())
                if isinstance(op, Insert | InsertIgnore | Upsert):
                    for value in op.row.values():
                        self._hash.update(
                            value if isinstance(value, bytes) else repr(value).encode()
                        )
                elif not isinstance(op, Execute):
                    self._hash.update(repr(op.key).encode())

    @property
    def digest(self) -> str:
        """The hash of all that happened so far."""
        digest: str = self._hash.hexdigest()
        return digest
