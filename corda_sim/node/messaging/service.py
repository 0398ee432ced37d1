"""Session messages in and out: packed and signed on the way out, verified on the way in."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from corda_sim.core.crypto.hashes import sha256
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import DecodeError
from corda_sim.core.identity import Party
from corda_sim.flow.wire_message import WireMessage
from corda_sim.node.crash import CrashPoint, hit
from corda_sim.node.messaging.errors import PackRefusedException, UnknownSenderException
from corda_sim.node.messaging.figures import MessagingMetrics, NoMetrics
from corda_sim.node.messaging.pack import (
    Pack,
    PackSigner,
    PeerKeys,
    SignedPack,
    check_message_size,
    decode_pack,
    key_hash,
    sign_pack,
    split,
    verify_pack,
)
from corda_sim.node.messaging.transport import Delivery, Parcel, PeerAddress, Transport

LOGGER = logging.getLogger(__name__)

Send = tuple[WireMessage, str]
"""A message and the token that comes back once it is confirmed."""


class Peers(PeerKeys, Protocol):
    """The network map as messaging reads it."""

    def party_of(self, x500: str) -> Party | None:
        """The well-known party of that canonical name."""

    def address_of(self, party: Party) -> PeerAddress | None:
        """Where `party` takes packs, by its signed node info."""


@dataclass(frozen=True, slots=True)
class OurIdentity:
    """Who we are on the wire.

    `service_keys` are further keys we take packs for (a notary cluster's).
    """

    party: Party
    signer: PackSigner
    service_keys: tuple[PublicKey, ...] = ()


@dataclass(frozen=True, slots=True)
class MessagingSettings:
    """`network_id` 32 bytes; `max_message_size` in bytes, a network parameter; times in seconds.

    A pack whose sender isn't in the network map is tried again each `unknown_sender_retry` until
    `unknown_sender_grace` has passed, within `max_parked` and `max_parked_bytes`: its node info may
    be on its way to us.
    """

    network_id: bytes
    max_message_size: int
    unknown_sender_grace: float = 60.0
    unknown_sender_retry: float = 0.5
    max_parked: int = 16
    max_parked_bytes: int = 2 * 1024 * 1024
    address_retry: float = 1.0


@dataclass(frozen=True, slots=True)
class InboundPack:
    """Verified messages of one sender, in the order sent; `delivery` is what `ack` takes.

    `time_ns` is the sender's clock at packing: a re-sent message has a later one.
    """

    sender: Party
    messages: tuple[WireMessage, ...]
    time_ns: int
    delivery: int


OnPack = Callable[[InboundPack], None]
OnTokens = Callable[[tuple[str, ...]], None]


@dataclass(slots=True)
class MessagingService:
    """The one way in and out of the node for session messages."""

    transport: Transport
    identity: OurIdentity
    peers: Peers
    settings: MessagingSettings
    clock_ns: Callable[[], int]
    metrics: MessagingMetrics = field(default_factory=NoMetrics)
    monotonic: Callable[[], float] = time.monotonic
    _on_pack: OnPack = field(default=lambda _: None)
    _on_confirmed: OnTokens = field(default=lambda _: None)
    _arrived: dict[int, float] = field(default_factory=dict)
    _timers: set[asyncio.TimerHandle] = field(default_factory=set)
    _parked: int = 0
    _parked_bytes: int = 0
    _unaddressed: dict[Party, list[Send]] = field(default_factory=dict)
    _recipients: frozenset[bytes] = field(init=False)
    _key_hash: bytes = field(init=False)

    def __post_init__(self) -> None:
        own = self.identity.party.owning_key
        self._key_hash = key_hash(own)
        self._recipients = frozenset(key_hash(key) for key in (own, *self.identity.service_keys))

    async def start(self, on_pack: OnPack, on_confirmed: OnTokens) -> None:
        """Take packs and confirms; both callbacks run on the loop and must not block."""
        self._on_pack, self._on_confirmed = on_pack, on_confirmed
        await self.transport.start(self._received)

    async def stop(self) -> None:
        """Stop taking and sending."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        await self.transport.stop()

    def share(self, enabled: bool) -> None:
        """Whether to take packs that another worker of a service of ours could take as well."""
        self.transport.share(enabled)

    def check(self, message: WireMessage) -> None:
        """Call before a message is committed. Raises MessageTooLargeException."""
        check_message_size(message, self.settings.max_message_size)

    def send(self, peer: Party, messages: Sequence[Send]) -> None:
        """Pack, sign and publish what one commit has for `peer`; order is kept.

        A peer that is not in the network map gets its messages when it is.

        Raises:
            MessageTooLargeException: nothing was sent.
        """
        for message, _ in messages:
            self.check(message)
        address = self.peers.address_of(peer)
        if address is None or peer in self._unaddressed:
            self._wait_for_address(peer, messages)
            return
        self._publish(peer, address, messages)

    def send_all(self, sends: Iterable[tuple[Party, WireMessage, str]]) -> None:
        """`send` for everything of one commit, whoever it is for."""
        by_peer: dict[Party, list[Send]] = {}
        for peer, message, token in sends:
            self.check(message)
            by_peer.setdefault(peer, []).append((message, token))
        for peer, messages in by_peer.items():
            self.send(peer, messages)

    def ack(self, deliveries: Iterable[int]) -> None:
        """These deliveries are committed, in any order; acknowledged as one."""
        tags = list(deliveries)
        if not tags:
            return
        hit(CrashPoint.BEFORE_ACK)
        self.transport.ack(tags)
        hit(CrashPoint.AFTER_ACK)
        now = self.monotonic()
        for tag in tags:
            self.metrics.handled(now - self._arrived.pop(tag, now))

    def network_map_changed(self) -> None:
        """Send what waited for an address."""
        waiting, self._unaddressed = self._unaddressed, {}
        for peer, messages in waiting.items():
            self.send(peer, messages)

    @property
    def waiting_for_address(self) -> Mapping[Party, int]:
        """Messages per peer that is not in the network map."""
        return {peer: len(messages) for peer, messages in self._unaddressed.items()}

    def _publish(self, peer: Party, address: PeerAddress, messages: Sequence[Send]) -> None:
        packs = list(split(message for message, _ in messages))
        tokens = iter([token for _, token in messages])
        done = partial(self._done, self.monotonic())
        for chunk in packs:
            mine = tuple(next(tokens) for _ in chunk)
            self.transport.publish(address, self._seal(peer, chunk), partial(done, mine))
        self.metrics.published(len(packs), (len(message.body) for message, _ in messages))

    def _seal(self, peer: Party, messages: tuple[WireMessage, ...]) -> Parcel:
        pack = Pack(
            network_id=self.settings.network_id,
            sender=str(self.identity.party.name),
            sender_key_hash=self._key_hash,
            recipient_key_hash=key_hash(peer.owning_key),
            time_ns=self.clock_ns(),
            messages=messages,
        )
        body = sign_pack(pack, self.identity.signer)
        has_init = any(message.is_init for message in messages)
        return Parcel(body, pack.sender, has_init, sha256(body).hex().upper())

    def _done(self, published: float, tokens: tuple[str, ...]) -> None:
        hit(CrashPoint.AFTER_CONFIRM)
        self.metrics.confirmed(len(tokens), self.monotonic() - published)
        self._on_confirmed(tokens)

    def _wait_for_address(self, peer: Party, messages: Sequence[Send]) -> None:
        if not self._unaddressed:
            self._later(self.settings.address_retry, self.network_map_changed)
        if peer not in self._unaddressed:
            LOGGER.warning("no address for %s: its messages wait", peer)
        self._unaddressed.setdefault(peer, []).extend(messages)

    def _received(self, delivery: Delivery) -> None:
        self._arrived[delivery.tag] = self.monotonic()
        try:
            signed, pack = decode_pack(delivery.body, self.settings.max_message_size)
        except DecodeError as error:
            self._refuse(delivery.tag, error)
            return
        self._judge(delivery.tag, signed, pack, self.settings.unknown_sender_grace)

    def _judge(self, tag: int, signed: SignedPack, pack: Pack, grace: float) -> None:
        try:
            verify_pack(signed, pack, self.settings.network_id, self._recipients, self.peers)
            sender = self.peers.party_of(pack.sender)
            if sender is None:
                raise UnknownSenderException(pack.sender)
        except PackRefusedException as error:
            if error.permanent or grace <= 0 or not self._may_park(len(signed.raw)):
                self._refuse(tag, error)
            else:
                self._park(tag, signed, pack, grace)
            return
        self.metrics.received(len(message.body) for message in pack.messages)
        self._on_pack(InboundPack(sender, pack.messages, pack.time_ns, tag))

    def _may_park(self, size: int) -> bool:
        limits = self.settings
        fits = self._parked_bytes + size <= limits.max_parked_bytes
        return fits and self._parked < limits.max_parked

    def _park(self, tag: int, signed: SignedPack, pack: Pack, grace: float) -> None:
        self._parked += 1
        self._parked_bytes += len(signed.raw)
        pause = self.settings.unknown_sender_retry

        def again() -> None:
            self._parked -= 1
            self._parked_bytes -= len(signed.raw)
            self._judge(tag, signed, pack, grace - pause)

        self._later(pause, again)

    def _later(self, delay: float, action: Callable[[], None]) -> None:
        def fire() -> None:
            self._timers.discard(timer)
            action()

        timer = asyncio.get_running_loop().call_later(delay, fire)
        self._timers.add(timer)

    def _refuse(self, tag: int, error: Exception) -> None:
        """For good: left unacknowledged it would come again for ever and block the window."""
        LOGGER.warning("pack refused: %s: %s", type(error).__name__, error)
        self.metrics.refused(type(error).__name__)
        self.ack([tag])
