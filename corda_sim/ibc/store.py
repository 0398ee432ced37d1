"""The store that handlers read and write: values under ICS-24 paths."""

from collections.abc import Iterable, Iterator
from typing import Protocol


class Store(Protocol):
    """Provable values by path; on Corda a view of a transaction's inputs and references."""

    def get(self, path: str) -> bytes | None:
        """The value, or None."""

    def set(self, path: str, value: bytes) -> None:
        """Put a value in the place of any former one."""

    def delete(self, path: str) -> None:
        """Remove a value; nothing happens when there is none."""

    def paths(self, prefix: str) -> Iterable[str]:
        """The paths that start with ``prefix``, in no order."""


class MemoryStore:
    """A store in a dictionary."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def get(self, path: str) -> bytes | None:
        """The value, or None."""
        return self.values.get(path)

    def set(self, path: str, value: bytes) -> None:
        """Put a value in the place of any former one."""
        self.values[path] = value

    def delete(self, path: str) -> None:
        """Remove a value; nothing happens when there is none."""
        self.values.pop(path, None)

    def paths(self, prefix: str) -> Iterator[str]:
        """The paths that start with ``prefix``."""
        return (path for path in tuple(self.values) if path.startswith(prefix))


class CachedStore:
    """Changes held back until ``commit`` (the Cosmos SDK's cached context)."""

    def __init__(self, below: Store) -> None:
        self._below = below
        self._changes: dict[str, bytes | None] = {}

    def get(self, path: str) -> bytes | None:
        """The changed value, else the one below."""
        return self._changes[path] if path in self._changes else self._below.get(path)

    def set(self, path: str, value: bytes) -> None:
        """Put a value, seen here alone until the commit."""
        self._changes[path] = value

    def delete(self, path: str) -> None:
        """Remove a value, here alone until the commit."""
        self._changes[path] = None

    def paths(self, prefix: str) -> Iterator[str]:
        """The paths that start with ``prefix`` and have a value."""
        known = {*self._below.paths(prefix), *self._changes}
        return (path for path in known if path.startswith(prefix) and self.get(path) is not None)

    def commit(self) -> None:
        """Write the changes to the store below."""
        for path, value in self._changes.items():
            if value is None:
                self._below.delete(path)
            else:
                self._below.set(path, value)
        self._changes.clear()
