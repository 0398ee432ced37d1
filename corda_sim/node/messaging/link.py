"""The connecting side of the embedded transport: one peer's packs, connection and retry timer."""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field

from corda_sim.core.errors import CordaError, DecodeError
from corda_sim.node.crash import CrashPoint, hit
from corda_sim.node.messaging.frames import (
    HEADER_LENGTH,
    PROTOCOL_VERSION,
    Hello,
    Kind,
    Refused,
    decode_control,
    decode_header,
    decode_sequence,
    encode_control,
    encode_pack_frame,
)
from corda_sim.node.messaging.inbox import LOST
from corda_sim.node.messaging.outbox import Entry, Outbox
from corda_sim.node.messaging.settings import EmbeddedSettings
from corda_sim.node.messaging.sockets import Endpoint, Streams, connect
from corda_sim.node.messaging.transport import OnConfirmed, Parcel, PeerAddress, TransportCounters

LOGGER = logging.getLogger(__name__)


@dataclass(slots=True)
class Link:
    """Connects while there is something to send; a peer that is down costs its retry timer."""

    settings: EmbeddedSettings
    counters: TransportCounters
    peer: PeerAddress
    outbox: Outbox = field(init=False)
    _task: asyncio.Task[None] | None = None
    _writer: asyncio.StreamWriter | None = None
    _in_flight: deque[Entry] = field(default_factory=deque)
    _confirmed: int = 0
    _sequence: int = 0

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.peer)

    def publish(self, peer: PeerAddress, parcel: Parcel, on_confirmed: OnConfirmed) -> None:
        """Queue a pack and send what may be sent; a changed endpoint moves the connection."""
        self.outbox.add(parcel, on_confirmed)
        self.counters.unconfirmed += 1
        if peer != self.peer:
            self.peer = peer
            if self._writer is not None:
                self._writer.transport.abort()
        if self._writer is not None:
            self._pump(self._writer)
        elif self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Close the connection and the timer."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        attempt = 0
        while len(self.outbox):
            if await self._session():
                attempt = 0
            if len(self.outbox):
                await asyncio.sleep(self.settings.backoff.delay(attempt))
                attempt += 1

    async def _session(self) -> bool:
        """One connection from beginning to end; whether the peer confirmed anything on it."""
        self._sequence = self._confirmed = 0
        try:
            reader, writer = await self._open()
        except (*LOST, CordaError) as error:
            LOGGER.debug("no connection to %s: %r", self.peer.name, error)
            return False
        self._writer = writer
        self.counters.connected_peers += 1
        try:
            self._pump(writer)
            while True:
                self._confirm(await _read_confirm(reader), writer)
        except LOST as error:
            LOGGER.debug("connection to %s lost: %r", self.peer.name, error)
        except DecodeError as error:
            LOGGER.warning("connection to %s given up: %s", self.peer.name, error)
        finally:
            self._closed(writer)
        return self._confirmed > 0

    def _closed(self, writer: asyncio.StreamWriter) -> None:
        self._writer = None
        self.counters.connected_peers -= 1
        self._in_flight.clear()
        self.outbox.reset()
        writer.close()

    async def _open(self) -> Streams:
        async with asyncio.timeout(self.settings.frame_timeout):
            endpoint = Endpoint.parse(self.peer.endpoint)
            reader, writer = await connect(endpoint, self.peer.name, self.settings.tls)
            try:
                await self._greet(reader, writer)
            except BaseException:
                writer.close()
                raise
        return reader, writer

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = Hello(
            PROTOCOL_VERSION, self.settings.network_id, self.settings.name, self.peer.inbox
        )
        writer.write(encode_control(Kind.HELLO, mine))
        kind, payload = await _read_frame(reader)
        if kind is not Kind.HELLO:
            raise DecodeError(_refusal(kind, payload))
        theirs = decode_control(payload, Hello)
        if theirs.network_id != self.settings.network_id:
            raise DecodeError(f"{self.peer.name} answers for another network")

    def _pump(self, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing() and (entry := self.outbox.take()) is not None:
            self._sequence += 1
            self._in_flight.append(entry)
            if entry.times_sent == 1:
                self.counters.sent += 1
            else:
                self.counters.resent += 1
            writer.write(encode_pack_frame(self._sequence, entry.parcel.body))
            hit(CrashPoint.AFTER_PUBLISH)

    def _confirm(self, sequence: int, writer: asyncio.StreamWriter) -> None:
        if not self._confirmed < sequence <= self._sequence:
            raise DecodeError(f"confirm of {sequence} after {self._confirmed} of {self._sequence}")
        for _ in range(sequence - self._confirmed):
            self.counters.unconfirmed -= 1
            self.outbox.confirm(self._in_flight.popleft())
        self._confirmed = sequence
        self._pump(writer)


async def _read_frame(reader: asyncio.StreamReader) -> tuple[Kind, bytes]:
    kind, length = decode_header(await reader.readexactly(HEADER_LENGTH), 0)
    if kind is Kind.PACK:
        raise DecodeError("the accepting side sends no packs")
    return kind, await reader.readexactly(length)


async def _read_confirm(reader: asyncio.StreamReader) -> int:
    kind, payload = await _read_frame(reader)
    if kind is not Kind.CONFIRM:
        raise DecodeError(_refusal(kind, payload))
    return decode_sequence(payload)


def _refusal(kind: Kind, payload: bytes) -> str:
    if kind is Kind.REFUSED:
        return f"refused: {decode_control(payload, Refused).reason}"
    return f"unexpected {kind.name} frame"
