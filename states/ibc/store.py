"""The handlers' store over bridge states: the same for the flow that builds and the contract.

It notes which states were read and written; those are the transaction's references and inputs, and
what is written is what its outputs must be. An empty value is explicit absence: a **ticket** is the
state of a packet that isn't sent, or received, yet. ``send_packet`` draws its sequence from a
ticket: the path ``nextSequenceSend`` answers the number of the next one in sight.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol

from corda_sim.ibc.numbers import u64
from states.ibc.errors import BridgeStateMissing, PacketExists, TicketsExhausted
from states.ibc.partition import (
    HOST_COUNTERS,
    is_send_counter,
    needs_ticket,
    send_tickets,
    split_key,
    state_key,
)


class Source(Protocol):
    """Where bridge states come from: a vault, or a transaction's inputs and references."""

    def entries(self, key: str) -> Mapping[str, bytes] | None:
        """Values by path of the state with this key; None without such a state."""

    def newest(self, prefix: str) -> Iterable[str]:
        """Paths under ``prefix``, the newest among them."""

    def send_ticket(self, group: str, used: Collection[str]) -> str | None:
        """The key of a ticket whose key starts with ``group``, none of those used."""


class BridgeStore:
    """A ``corda_sim.ibc.store.Store``."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._before: dict[str, Mapping[str, bytes] | None] = {}
        self._now: dict[str, dict[str, bytes]] = {}
        self._written: dict[str, None] = {}
        self._drawn: set[str] = set()
        self.changes = 0
        """How many times something was written."""

    def get(self, path: str) -> bytes | None:
        """The value, or None. Raises: BridgeStateMissing, FeatureLater."""
        if is_send_counter(path) and (ticket := self._next_ticket(path)) is not None:
            self._drawn.add(path)
            return u64(split_key(ticket)[1])
        return self._entries(state_key(path)).get(path) or None

    def _next_ticket(self, path: str) -> str | None:
        return self._source.send_ticket(send_tickets(path), self._written)

    def counter(self, path: str) -> int | None:
        """A counter of tickets as it stands in its state."""
        found = self._entries(state_key(path)).get(path)
        return None if found is None else int.from_bytes(found, "big")

    def set(self, path: str, value: bytes) -> None:
        """Put a value in the place of any former one.

        Raises: TicketsExhausted, PacketExists for a packet that there is no ticket for.
        """
        if path in self._drawn:
            return
        key = state_key(path)
        entries = self._entries(key)
        if needs_ticket(key) and self._before[key] is None:
            raise TicketsExhausted(path)
        if needs_ticket(key) and entries.get(path):
            raise PacketExists(f"{path} is taken")
        self._write(key)[path] = value

    def count(self, path: str, number: int) -> None:
        """Set a counter of tickets."""
        self._write(state_key(path))[path] = u64(number)

    def mint(self, path: str) -> None:
        """Make a ticket: a state that says that nothing is at ``path`` yet."""
        self._write(state_key(path))[path] = b""

    def delete(self, path: str) -> None:
        """Remove a value; a state that is left without any ends."""
        self._write(state_key(path)).pop(path, None)

    def paths(self, prefix: str) -> Iterator[str]:
        """The paths in sight that start with ``prefix``; of numbered ones, the newest at least.

        What is older than one that is in sight already is left alone: a transaction that refers to
        a state drags all behind it that the state came from.
        """
        entries = (path for entries in self._now.values() for path in entries)
        here = {path for path in entries if path.startswith(prefix)}
        newest = max((split_key(path)[1] for path in here), default=0)
        below = (path for path in self._source.newest(prefix) if split_key(path)[1] >= newest)
        found = {*below, *here}
        return (path for path in found if path.startswith(prefix) and self.get(path) is not None)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Keys of the states that were changed."""
        return tuple(key for key in self._written if self._before[key] is not None)

    @property
    def references(self) -> tuple[str, ...]:
        """Keys of the states that were read and not changed."""
        read = (key for key, entries in self._before.items() if entries is not None)
        return tuple(key for key in read if key not in self._written)

    @property
    def outputs(self) -> Mapping[str, Mapping[str, bytes]]:
        """What the changed states hold, by key; one that has ended isn't among them."""
        return {key: self._now[key] for key in self._written if self._now[key]}

    def _entries(self, key: str) -> dict[str, bytes]:
        if key not in self._now:
            found = self._source.entries(key)
            if found is None and key == HOST_COUNTERS:
                raise BridgeStateMissing("identifiers are drawn from the host's counters")
            self._before[key], self._now[key] = found, dict(found or {})
        return self._now[key]

    def _write(self, key: str) -> dict[str, bytes]:
        entries = self._entries(key)
        self._written[key] = None
        self.changes += 1
        return entries
