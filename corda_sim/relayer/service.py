"""The service: follows both chains and works in both directions, until it is stopped."""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from corda_sim.core.errors import CordaError
from corda_sim.ibc.channel.packet import Packet
from corda_sim.relayer.chain import AcknowledgementWritten, Chain, ChainEvent, PacketSent
from corda_sim.relayer.direction import Direction, Route
from corda_sim.relayer.figures import RelayerFigures
from corda_sim.relayer.handshake.path import Path
from corda_sim.relayer.work import Kind, Work

LOGGER = logging.getLogger(__name__)
FOLLOW_SECONDS: Final = 2.0
TICK_SECONDS: Final = 0.5
PAUSE_SECONDS: Final = 1.0
"""After a chain couldn't be asked."""


@dataclass(frozen=True, slots=True)
class ChannelEnd:
    """One end of a channel that is relayed."""

    port: str
    channel: str


@dataclass(frozen=True, slots=True)
class Side:
    """A chain with its ends of the channels."""

    chain: Chain
    ends: frozenset[ChannelEnd]

    def sent(self, packet: Packet) -> bool:
        """Whether a packet left by one of the channels."""
        return ChannelEnd(packet.source_port, packet.source_channel) in self.ends

    def received(self, packet: Packet) -> bool:
        """Whether a packet came by one of the channels."""
        return ChannelEnd(packet.destination_port, packet.destination_channel) in self.ends


def sides_of(path: Path) -> tuple[Side, Side]:
    """Both chains of a path with their ends of its channels."""
    here = frozenset(ChannelEnd(one.port, one.here_id) for one in path.channels)
    there = frozenset(ChannelEnd(one.port, one.there_id) for one in path.channels)
    return Side(path.here.chain, here), Side(path.there.chain, there)


def routes_of(path: Path) -> tuple[Route, Route]:
    """Both ways over a path: from here, and from there."""
    here, there = path.here, path.there
    return (
        Route(here.chain, there.chain, there.prover, there.client_id),
        Route(there.chain, here.chain, here.prover, here.client_id),
    )


class Follower:
    """Reads one chain and gives a direction its work."""

    def __init__(self, side: Side, direction: Direction) -> None:
        self.side, self._direction = side, direction
        self._cursor, self.caught_up = "", False

    def step(self) -> None:
        """Wait for news, and pass them on. What is from before the start may be done already."""
        news = self.side.chain.follow(self._cursor, FOLLOW_SECONDS)
        self.caught_up = self.caught_up and not news.is_reread
        works = tuple(self._works(news.events))
        if works:
            self._direction.add(works, suspect=not self.caught_up, age=news.age)
        self.caught_up = self.caught_up or news.is_newest
        self._cursor = news.cursor

    def _works(self, events: Iterable[ChainEvent]) -> Iterable[Work]:
        for event in events:
            match event:
                case PacketSent(packet) if self.side.sent(packet):
                    yield Work(Kind.RECEIVE, packet)
                case AcknowledgementWritten(packet, acknowledgement) if self.side.received(packet):
                    yield Work(Kind.ACKNOWLEDGE, packet, acknowledgement)


class Relayer:
    """Two directions between two sides. `clock` counts seconds, `refresh` is in seconds."""

    def __init__(
        self,
        sides: tuple[Side, Side],
        routes: tuple[Route, Route],
        figures: RelayerFigures,
        clock: Callable[[], float],
        refresh: float,
    ) -> None:
        self.directions = tuple(Direction(route, figures, clock) for route in routes)
        pairs = zip(sides, self.directions, strict=True)
        self.followers = tuple(Follower(side, direction) for side, direction in pairs)
        self._clock, self._refresh = clock, refresh
        self._stop = threading.Event()
        self.failed = threading.Event()
        """Set when a thread has ended in an error that is no chain's: the process is of no use."""
        self._threads: list[threading.Thread] = []
        there, back = self.directions
        there.on_elapsed = lambda work: back.add([work], suspect=True)
        back.on_elapsed = lambda work: there.add([work], suspect=True)

    @property
    def is_caught_up(self) -> bool:
        """Whether both chains were read from their beginning to now."""
        return all(one.caught_up for one in self.followers)

    def why_not_ready(self) -> str:
        """What it still waits for; empty when it relays what happens as it happens."""
        return "" if self.is_caught_up else "it reads what has happened"

    def start(self) -> None:
        """Let what an earlier process sent be decided, then begin."""
        for direction in self.directions:
            direction.route.target.settle()
        for follower in self.followers:
            self._spawn(self._repeat, follower.step)
        for direction in self.directions:
            self._spawn(self._work, direction)

    def stop(self) -> None:
        """Send no more and end; what is on its way goes on by itself."""
        self._stop.set()
        for direction in self.directions:
            direction.wake()
        for thread in self._threads:
            thread.join()

    def _spawn(self, run: Callable[..., None], *arguments: object) -> None:
        def guarded() -> None:
            try:
                run(*arguments)
            except Exception:
                LOGGER.exception("the relayer failed inside")
                self.failed.set()
            for direction in self.directions:
                direction.route.source.leave()

        name = f"relayer-{len(self._threads)}"
        thread = threading.Thread(target=guarded, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _repeat(self, step: Callable[[], None]) -> None:
        while not self._stop.is_set():
            try:
                step()
            except CordaError as error:
                LOGGER.warning("can't follow: %s: %s", type(error).__name__, error)
                self._stop.wait(PAUSE_SECONDS)

    def _work(self, direction: Direction) -> None:
        refreshed = looked = self._clock()
        while not self._stop.is_set():
            direction.step()
            direction.wait(TICK_SECONDS)
            now = self._clock()
            if now - looked > TICK_SECONDS:
                looked = now
                self._retire(direction)
            if now - refreshed > self._refresh:
                refreshed = now
                direction.refresh()

    def _retire(self, direction: Direction) -> None:
        try:
            direction.retire_landed()
            direction.retire_elapsed()
        except CordaError as error:
            LOGGER.warning("can't look: %s: %s", type(error).__name__, error)


def parked(directions: Sequence[Direction]) -> list[dict[str, str]]:
    """What was set aside, for people."""
    return [
        {
            "packet": f"{direction.route.source.name}/{work.key[1]}",
            "kind": work.kind.value,
            "reason": reason,
        }
        for direction in directions
        for work, reason in direction.backlog.parked()
    ]
