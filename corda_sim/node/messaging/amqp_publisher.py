"""Publishing to one broker: confirms, mandatory routing, and sending again."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import pika
from pika.channel import Channel
from pika.frame import Method
from pika.spec import Basic

from corda_sim.node.crash import CrashPoint, hit
from corda_sim.node.messaging.amqp_connection import AmqpConnection, RabbitSettings, parameters
from corda_sim.node.messaging.outbox import Entry, Outbox
from corda_sim.node.messaging.transport import OnConfirmed, Parcel, PeerAddress, TransportCounters

LOGGER = logging.getLogger(__name__)
PERSISTENT = 2
RELEASE = "corda-sim"


def headers(parcel: Parcel, platform_version: int) -> Mapping[str, object]:
    """Corda's headers (`P2PMessagingHeaders`)."""
    result: dict[str, object] = {
        "platform-topic": "platform.session",
        "corda-vendor": RELEASE,
        "platform-version": platform_version,
        "sender-subject-name": parcel.sender,
        "_AMQ_DUPL_ID": parcel.duplicate_id,
    }
    if parcel.has_init:
        result["corda_p2p_message_type"] = "session_init"
    return result


@dataclass(slots=True)
class _Peer:
    outbox: Outbox
    refusals: int = 0


@dataclass(slots=True)
class AmqpPublisher:
    """The packs of all peers that take them at this broker."""

    url: str
    settings: RabbitSettings
    counters: TransportCounters
    _peers: dict[str, _Peer] = field(default_factory=dict)
    _channel: Channel | None = None
    _blocked: bool = False
    _last_tag: int = 0
    _in_flight: dict[int, Entry] = field(default_factory=dict)
    _returned: set[str] = field(default_factory=set)
    _timers: set[asyncio.TimerHandle] = field(default_factory=set)
    _connection: AmqpConnection = field(init=False)

    def __post_init__(self) -> None:
        self._connection = AmqpConnection(
            parameters(self.url, self.settings, "publisher"),
            self.settings,
            on_up=self._up,
            on_down=self._down,
            on_blocked=self._on_blocked,
        )

    def start(self) -> None:
        """Connect."""
        self._connection.start()

    def publish(self, peer: PeerAddress, parcel: Parcel, on_confirmed: OnConfirmed) -> None:
        """Queue a pack and send what may be sent."""
        state = self._peers.get(peer.key)
        if state is None:
            state = self._peers[peer.key] = _Peer(Outbox(peer))
        state.outbox.add(parcel, on_confirmed)
        self.counters.unconfirmed += 1
        self._pump(state.outbox)

    def take_over(self, key: str) -> list[Entry]:
        """Give up a peer that has moved to another broker; what is unconfirmed, in order."""
        state = self._peers.pop(key, None)
        if state is None:
            return []
        state.outbox.held = True
        entries = list(state.outbox.abandon())
        self.counters.unconfirmed -= len(entries)
        return entries

    async def stop(self) -> None:
        """Close the connection."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        await self._connection.stop()

    def _up(self, channel: Channel) -> None:
        channel.add_on_return_callback(self._on_return)
        channel.confirm_delivery(self._on_confirm, callback=lambda _: self._ready(channel))

    def _ready(self, channel: Channel) -> None:
        self._channel = channel
        self._connection.healthy()
        self._blocked = False
        self.counters.connected_peers += 1
        self._pump_all()

    def _down(self, _: str) -> None:
        if self._channel is not None:
            self.counters.connected_peers -= 1
        self._channel = None
        self._last_tag = 0
        self._in_flight.clear()
        self._returned.clear()
        for peer in self._peers.values():
            peer.outbox.reset()

    def _on_blocked(self, blocked: bool) -> None:
        LOGGER.warning("broker %s", "is short of memory or disk" if blocked else "accepts again")
        self._blocked = blocked
        if blocked:
            self._connection.answered()
            return
        if self._in_flight:
            self._connection.expect_answer()
        self._pump_all()

    def _pump_all(self) -> None:
        for peer in list(self._peers.values()):
            self._pump(peer.outbox)

    def _pump(self, outbox: Outbox) -> None:
        channel = self._channel
        if channel is None or self._blocked or not channel.is_open:
            return
        before = self._last_tag
        while (entry := outbox.take()) is not None:
            self._send(channel, outbox.peer, entry)
        if self._last_tag > before:
            self._connection.expect_answer()
            _after_flush(self._last_tag - before)

    def _send(self, channel: Channel, peer: PeerAddress, entry: Entry) -> None:
        self._last_tag += 1
        self._in_flight[self._last_tag] = entry
        if entry.times_sent == 1:
            self.counters.sent += 1
        else:
            self.counters.resent += 1
        properties = pika.BasicProperties(  # type: ignore[no-untyped-call]
            delivery_mode=PERSISTENT,
            message_id=entry.parcel.duplicate_id,
            headers=dict(headers(entry.parcel, self.settings.platform_version)),
        )
        channel.basic_publish("", peer.inbox, entry.parcel.body, properties, mandatory=True)

    def _on_return(
        self, _channel: Channel, _: Basic.Return, properties: pika.BasicProperties, _body: bytes
    ) -> None:
        # The broker returns a pack before it confirms it.
        if properties.message_id is not None:
            self._returned.add(properties.message_id)

    def _on_confirm(self, frame: Method[Basic.Ack | Basic.Nack]) -> None:
        tag, multiple = frame.method.delivery_tag, frame.method.multiple
        tags = [each for each in self._in_flight if each <= tag] if multiple else [tag]
        touched: dict[str, Outbox] = {}
        for each in tags:
            entry = self._in_flight.pop(each, None)
            if entry is not None:
                self._outcome(entry, accepted=isinstance(frame.method, Basic.Ack))
                touched[entry.outbox.peer.key] = entry.outbox
        if self._in_flight:
            self._connection.expect_answer()
        else:
            self._connection.answered()
        for outbox in touched.values():
            self._pump(outbox)

    def _outcome(self, entry: Entry, *, accepted: bool) -> None:
        peer = self._peers.get(entry.outbox.peer.key)
        if peer is None or peer.outbox is not entry.outbox:
            return
        returned = entry.parcel.duplicate_id in self._returned
        self._returned.discard(entry.parcel.duplicate_id)
        if accepted and not returned:
            peer.refusals = 0
            self.counters.unconfirmed -= 1
            entry.outbox.confirm(entry)
            return
        if not entry.outbox.held:
            self._hold(peer, "has no queue" if returned else "was refused by the broker")
        entry.outbox.refuse(entry)

    def _hold(self, peer: _Peer, why: str) -> None:
        log = LOGGER.warning if peer.refusals == 0 else LOGGER.debug
        log("pack for %s %s: it is sent again", peer.outbox.peer.name, why)
        peer.outbox.held = True
        delay = self.settings.backoff.delay(peer.refusals)
        peer.refusals += 1

        def release() -> None:
            self._timers.discard(timer)
            if peer.outbox is getattr(self._peers.get(peer.outbox.peer.key), "outbox", None):
                peer.outbox.held = False
                self._pump(peer.outbox)

        timer = asyncio.get_running_loop().call_later(delay, release)
        self._timers.add(timer)


def _after_flush(packs: int) -> None:
    """Pass the crash point once the bytes are out: pika writes in the loop's next turn."""
    loop = asyncio.get_running_loop()

    def reached() -> None:
        for _ in range(packs):
            hit(CrashPoint.AFTER_PUBLISH)

    loop.call_soon(loop.call_soon, reached)
