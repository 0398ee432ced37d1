"""One connection and channel to a RabbitMQ broker, opened again whenever it is lost."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pika
from pika.adapters.asyncio_connection import AsyncioConnection
from pika.channel import Channel
from pika.connection import Connection
from pika.credentials import ExternalCredentials

from corda_sim.core.errors import IllegalArgumentError
from corda_sim.node.messaging.transport import Backoff, Window

LOGGER = logging.getLogger(__name__)
STOP_TIMEOUT = 2.0
# pika logs each refused connection ten times as an error; what matters is logged here.
logging.getLogger("pika").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class RabbitSettings:
    """How a node uses brokers.

    `broker_url` is its own, for its `inboxes` and for the `shared_inboxes` of the services that it
    acts for, at which all their workers compete. `heartbeat` is in seconds and no longer than the
    lease, so that a process that hangs loses its consumer before its successor takes over.
    `quorum` chooses quorum over classic queues; `single_active_consumer` keeps order while two
    processes hold an inbox; shared ones never have it. A broker that leaves a request or a publish
    unanswered for `stall_timeout` seconds is connected to anew. `tls` serves amqps URLs; one
    without user name authenticates by certificate (mechanism EXTERNAL).
    """

    name: str
    broker_url: str
    inboxes: tuple[str, ...]
    window: Window = field(default_factory=Window)
    backoff: Backoff = field(default_factory=Backoff)
    heartbeat: int = 2
    stall_timeout: float = 10.0
    quorum: bool = True
    single_active_consumer: bool = True
    platform_version: int = 12
    tls: ssl.SSLContext | None = None
    shared_inboxes: tuple[str, ...] = ()

    @property
    def queues(self) -> tuple[str, ...]:
        """All queues to consume."""
        return self.inboxes + self.shared_inboxes


def parameters(url: str, settings: RabbitSettings, purpose: str) -> pika.URLParameters:
    """Connection parameters for an amqp(s) URL. Raises IllegalArgumentError."""
    try:
        parts = urlsplit(url)
        result = pika.URLParameters(url)
    except (ValueError, TypeError) as error:
        raise IllegalArgumentError(f"not a broker URL: {error}") from error
    if parts.scheme not in {"amqp", "amqps"} or not parts.hostname:
        raise IllegalArgumentError("not a broker URL: expected amqp://… or amqps://…")
    result.heartbeat = settings.heartbeat
    result.connection_attempts = 1
    result.client_properties = {"connection_name": f"{settings.name} {purpose}"}
    if parts.scheme == "amqps":
        if settings.tls is None:
            raise IllegalArgumentError("an amqps:// broker needs certificates")
        result.ssl_options = pika.SSLOptions(settings.tls, parts.hostname)
        if parts.username is None:
            result.credentials = ExternalCredentials()
    return result


@dataclass(slots=True)
class AmqpConnection:
    """Calls `on_up` with each new channel and `on_down` when it is gone.

    Whatever goes wrong, a refused connection, an exception on the channel, a 404 on a durable queue
    that a broker has not recovered yet, is taken as passing: close, wait, connect again.
    """

    parameters: pika.URLParameters
    settings: RabbitSettings
    on_up: Callable[[Channel], None]
    on_down: Callable[[str], None]
    on_blocked: Callable[[bool], None] = field(default=lambda _: None)
    _connection: AsyncioConnection | None = None
    _timer: asyncio.TimerHandle | None = None
    _watch: asyncio.TimerHandle | None = None
    _attempt: int = 0
    _stopping: bool = False
    _idle: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self) -> None:
        """Connect now."""
        self._timer = None
        self._idle.clear()
        self._connection = AsyncioConnection(
            self.parameters,
            on_open_callback=self._opened,
            on_open_error_callback=self._lost,
            on_close_callback=self._lost,
        )

    def healthy(self) -> None:
        """The connection does its work: the next failure starts with the shortest delay."""
        self._attempt = 0

    def fail(self, reason: str) -> None:
        """Give this connection up and open another."""
        LOGGER.warning("%s: %s", self._where, reason)
        connection = self._connection
        if connection is not None and connection.is_open:
            connection.close()
            self._watch_for(STOP_TIMEOUT, self._terminate)

    def expect_answer(self) -> None:
        """An answer is due: without one in time the connection is given up."""
        self._watch_for(self.settings.stall_timeout, lambda: self.fail("no answer in time"))

    def answered(self) -> None:
        """Nothing is due."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _watch_for(self, seconds: float, action: Callable[[], None]) -> None:
        self.answered()
        self._watch = asyncio.get_running_loop().call_later(seconds, action)

    def _terminate(self) -> None:
        # A broker whose channel hangs never answers the close; pika has no public way to give up.
        if self._connection is not None:
            self._connection._terminate_stream(None)  # noqa: SLF001

    async def stop(self) -> None:
        """Close for good."""
        self._stopping = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._idle.set()
        connection = self._connection
        if connection is None:
            return
        if not connection.is_closed and not connection.is_closing:
            connection.close()
        try:
            async with asyncio.timeout(STOP_TIMEOUT):
                await self._idle.wait()
        except TimeoutError:
            LOGGER.warning("%s: connection didn't close in time", self._where)
            self._terminate()
        self.answered()

    @property
    def _where(self) -> str:
        return f"broker {self.parameters.host}:{self.parameters.port}"

    def _opened(self, connection: Connection) -> None:
        if self._stopping:
            connection.close()
            return
        connection.add_on_connection_blocked_callback(lambda *_: self.on_blocked(True))
        connection.add_on_connection_unblocked_callback(lambda *_: self.on_blocked(False))
        connection.channel(on_open_callback=self._channel_open)

    def _channel_open(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._channel_closed)
        self.on_up(channel)

    def _channel_closed(self, _: Channel, reason: BaseException) -> None:
        if not self._stopping:
            self.fail(f"channel closed: {reason}")

    def _lost(self, _: Connection, reason: BaseException) -> None:
        self._connection = None
        self._idle.set()
        self.answered()
        self.on_down(str(reason) or type(reason).__name__)
        if self._stopping:
            return
        delay = self.settings.backoff.delay(self._attempt)
        log = LOGGER.warning if self._attempt == 0 else LOGGER.debug
        log("%s: not connected (%r), again in %.2f s", self._where, reason, delay)
        self._attempt += 1
        self._timer = asyncio.get_running_loop().call_later(delay, self.start)
