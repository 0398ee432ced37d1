"""The accepting side of the embedded transport."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from corda_sim.core.errors import DecodeError
from corda_sim.node.messaging.frames import (
    HEADER_LENGTH,
    PROTOCOL_VERSION,
    Hello,
    Kind,
    Refused,
    decode_control,
    decode_header,
    decode_pack_payload,
    encode_confirm,
    encode_control,
)
from corda_sim.node.messaging.settings import EmbeddedSettings
from corda_sim.node.messaging.transport import Delivery, OnDelivery, TransportCounters
from corda_sim.node.messaging.unacked import Unacked

LOGGER = logging.getLogger(__name__)
MAX_BACKLOG = 1024
"""Unconfirmed packs on one connection; our own links keep to a quarter of it."""
LOST = (OSError, EOFError, TimeoutError)
"""What the end of a connection looks like: reset, end of stream (IncompleteReadError), silence."""


@dataclass(slots=True, eq=False)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sequence: int = 0


@dataclass(slots=True)
class Inbox:
    """Reads packs of all connections under one window, so that memory is bounded whoever sends.

    A frame's bytes are reserved in the window before they are read.
    """

    settings: EmbeddedSettings
    counters: TransportCounters
    on_delivery: OnDelivery = field(default=lambda _: None)
    _unacked: Unacked[_Connection] = field(init=False)
    _connections: dict[_Connection, asyncio.Task[None]] = field(default_factory=dict)
    _flowing: asyncio.Event = field(default_factory=asyncio.Event)
    _paused: bool = False
    _reserved: int = 0

    def __post_init__(self) -> None:
        self._unacked = Unacked(self.settings.window)
        self._flowing.set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends."""
        task = asyncio.current_task()
        if task is None or len(self._connections) >= self.settings.max_connections:
            writer.transport.abort()
            return
        connection = _Connection(reader, writer)
        self._connections[connection] = task
        try:
            await self._serve(connection)
        except LOST as error:
            LOGGER.debug("inbound connection ended: %r", error)
        except DecodeError as error:
            LOGGER.warning("inbound connection refused: %s", error)
            with suppress(OSError):
                writer.write(encode_control(Kind.REFUSED, Refused(str(error)[:1000])))
        except asyncio.CancelledError:
            # A cancelled handler is our own stop(); asyncio would log it as an error of the server.
            LOGGER.debug("inbound connection closed")
        finally:
            del self._connections[connection]
            self._unacked.drop(connection)
            self._reconsider()
            writer.close()

    async def _serve(self, connection: _Connection) -> None:
        await self._greet(connection)
        while True:
            header = await connection.reader.readexactly(HEADER_LENGTH)
            kind, length = decode_header(header, self.settings.max_message_size)
            if kind is not Kind.PACK:
                raise DecodeError(f"unexpected {kind.name} frame")
            await self._flow()
            with self._reserve(length):
                async with asyncio.timeout(self.settings.frame_timeout):
                    payload = await connection.reader.readexactly(length)
            self._deliver(connection, payload)

    async def _greet(self, connection: _Connection) -> None:
        async with asyncio.timeout(self.settings.frame_timeout):
            header = await connection.reader.readexactly(HEADER_LENGTH)
            kind, length = decode_header(header, self.settings.max_message_size)
            if kind is not Kind.HELLO:
                raise DecodeError(f"expected HELLO, got {kind.name}")
            hello = decode_control(await connection.reader.readexactly(length), Hello)
        self._check(hello)
        answer = Hello(PROTOCOL_VERSION, self.settings.network_id, self.settings.name, hello.inbox)
        connection.writer.write(encode_control(Kind.HELLO, answer))

    def _check(self, hello: Hello) -> None:
        if hello.version != PROTOCOL_VERSION:
            raise DecodeError(f"protocol version {hello.version}, not {PROTOCOL_VERSION}")
        if hello.network_id != self.settings.network_id:
            raise DecodeError(f"network {hello.network_id.hex().upper()} is not this node's")
        if hello.inbox not in self.settings.inboxes:
            raise DecodeError(f"no inbox {hello.inbox}")

    async def _flow(self) -> None:
        # Several readers may wake at once, and the first may fill the window again.
        while not self._flowing.is_set():
            await self._flowing.wait()

    @contextmanager
    def _reserve(self, length: int) -> Iterator[None]:
        self._reserved += length
        self._reconsider()
        try:
            yield
        finally:
            self._reserved -= length
            self._reconsider()

    def _deliver(self, connection: _Connection, payload: bytes) -> None:
        sequence, pack = decode_pack_payload(payload)
        if sequence != connection.sequence + 1:
            raise DecodeError(f"pack {sequence} follows {connection.sequence}")
        if self._unacked.backlog(connection) >= MAX_BACKLOG:
            raise DecodeError(f"more than {MAX_BACKLOG} unconfirmed packs")
        connection.sequence = sequence
        self.counters.received += 1
        tag = self._unacked.arrived(connection, sequence, len(pack))
        self._reconsider()
        self.on_delivery(Delivery(tag, pack))

    def _reconsider(self) -> None:
        window = self.settings.window
        full = self._unacked.full or self._unacked.size + self._reserved >= window.bytes_
        if self._paused or full:
            self._flowing.clear()
        elif self._flowing.is_set() or self._unacked.has_room:
            self._flowing.set()

    def ack(self, tags: Sequence[int]) -> None:
        """Confirm at each connection what is committed there."""
        for connection, settled in self._unacked.settle(tags).items():
            if settled.through is not None and not connection.writer.is_closing():
                connection.writer.write(encode_confirm(settled.through))
        self._reconsider()

    def pause(self) -> None:
        """Read no further packs."""
        self._paused = True
        self._reconsider()

    def resume(self) -> None:
        """Read again."""
        self._paused = False
        self._reconsider()

    async def stop(self) -> None:
        """Close every connection."""
        tasks = list(self._connections.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
