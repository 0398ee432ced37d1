"""A session that a member who lies opens with a node, and keeps up by docs/wire.md."""

import time
from collections import deque
from itertools import count
from queue import Queue
from typing import Any, Protocol

import msgspec
from msgspec.msgpack import Ext

from tests.integration.hostile.peer import (
    MAGIC,
    Member,
    Message,
    blob,
    honest,
    plain,
    sealed,
    session_init,
)

PATIENCE_SECONDS = 90


class Line(Protocol):
    """To the victim."""

    def pack(self, data: bytes) -> None:
        """Send a pack."""

    def close(self) -> None:
        """Leave."""


class Ear(Protocol):
    """Where the victim's packs arrive."""

    packs: Queue[bytes]

    def close(self) -> None:
        """Leave."""


_numbers = count(time.time_ns())


class Session:
    """`listener` hears what `victim` says to `me`."""

    def __init__(self, me: Member, victim: Member, line: Line, listener: Ear) -> None:
        self.me, self.victim, self.line, self.listener = me, victim, line, listener
        self.number = next(_numbers)
        self._theirs, self._places = 0, count(1)
        self._heard: deque[list[Any]] = deque()

    def open(self, flow: str, payload: bytes) -> None:
        self._say(session_init(flow, payload, self.number))

    def _say(self, message: Message) -> None:
        self.line.pack(sealed(honest(self.me, self.victim, message).raw(), self.me.key))

    def asked(self) -> tuple[str, list[bytes]]:
        """The kind of data that they ask for next, and the hashes."""
        while (said := self._next())[0] != "D":
            assert said[0] == "C", said
            self._theirs = said[1]
        request = _fields(msgspec.msgpack.decode(said[1][len(MAGIC) :]))
        assert request[0] == "corda.FetchDataFlow.Request.Data", request
        return request[2], [_fields(one)[1] for one in request[1]]

    def answer(self, value: object) -> None:
        place = next(self._places)
        body = plain(["X", self._theirs, place, ["D", blob(value)]])
        self._say((f"N-R-{self.number}-11-{place}-0", False, body))

    def _next(self) -> list[Any]:
        while not self._heard:
            pack = msgspec.msgpack.decode(self.listener.packs.get(timeout=PATIENCE_SECONDS))
            bodies = (msgspec.msgpack.decode(one[2]) for one in msgspec.msgpack.decode(pack[0])[5])
            self._heard += [one[3] for one in bodies if one[:2] == ["X", self.number]]
        return self._heard.popleft()


def _fields(value: Ext) -> list[Any]:
    return list(msgspec.msgpack.decode(value.data))
