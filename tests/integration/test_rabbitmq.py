"""The RabbitMQ transport at a real broker; those that kill the broker start one of their own."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pika
import pytest

from corda_sim.core.errors import IllegalArgumentError
from corda_sim.node.messaging.amqp_connection import RabbitSettings
from corda_sim.node.messaging.rabbitmq import RabbitTransport
from corda_sim.node.messaging.transport import Backoff, Delivery, Parcel, PeerAddress, Window

pytestmark = [pytest.mark.integration, pytest.mark.rabbitmq]
BIN = Path("/usr/lib/rabbitmq/bin")
FAST = Backoff(0.05, 0.5)


@pytest.fixture
def url() -> str:
    found = os.environ.get("CORDA_SIM_TEST_RABBITMQ_A")
    if not found:
        pytest.skip("CORDA_SIM_TEST_RABBITMQ_A names no broker")
    return found


@dataclass
class Broker:
    """A private RabbitMQ node on loopback, with its own files, port mapper and cookie."""

    home: Path
    port: int
    env: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"

    def start(self) -> None:
        with (self.home / "out").open("ab") as out:
            self.process = subprocess.Popen(
                [BIN / "rabbitmq-server"],
                env=self.env,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                pika.BlockingConnection(pika.URLParameters(self.url)).close()
            except (pika.exceptions.AMQPError, OSError):
                time.sleep(0.2)
                if self.process is not None and self.process.poll() is not None:
                    # Its predecessor's name was still taken.
                    self.start()
            else:
                return
        pytest.fail((self.home / "out").read_text())

    def kill(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def control(self, *arguments: str) -> None:
        subprocess.run([BIN / "rabbitmqctl", *arguments], env=self.env, check=True, timeout=60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    if not (BIN / "rabbitmq-server").exists() or shutil.which("epmd") is None:
        pytest.skip("rabbitmq-server is not installed")
    home = Path(tempfile.mkdtemp(prefix="corda-sim-rmq-"))
    port = free_port()
    (home / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{port}\n")
    (home / "enabled_plugins").write_text("[].\n")
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "RABBITMQ_NODENAME": f"cs{port}@localhost",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": f"{home}/mnesia",
        "RABBITMQ_LOG_BASE": f"{home}/log",
        "RABBITMQ_CONFIG_FILE": f"{home}/rabbitmq.conf",
        "RABBITMQ_ENABLED_PLUGINS_FILE": f"{home}/enabled_plugins",
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(free_port()),
    }
    broker = Broker(home, port, env)
    # Without -daemon the port mapper is our child, and can be ended as one.
    with subprocess.Popen(["epmd", "-port", env["ERL_EPMD_PORT"]], env=env) as mapper:
        try:
            broker.start()
            broker.wait()
            yield broker
        finally:
            broker.kill()
            mapper.terminate()
            shutil.rmtree(home, ignore_errors=True)


@dataclass
class Peer:
    """A node's transport: what it got, what of its own was confirmed."""

    url: str
    name: str = field(default_factory=lambda: f"t{uuid.uuid4().hex}")
    window: Window = field(default_factory=Window)
    quorum: bool = True
    auto: bool = True
    got: list[int] = field(default_factory=list)
    tags: list[int] = field(default_factory=list)
    redelivered: list[int] = field(default_factory=list)
    confirmed: list[int] = field(default_factory=list)
    transport: RabbitTransport = field(init=False)

    def __post_init__(self) -> None:
        self.transport = RabbitTransport(
            RabbitSettings(
                name=self.name,
                broker_url=self.url,
                inboxes=(self.address.inbox,),
                window=self.window,
                backoff=FAST,
                quorum=self.quorum,
            )
        )

    @property
    def address(self) -> PeerAddress:
        return PeerAddress(f"O={self.name}, L=London, C=GB", self.name, self.url)

    def take(self, delivery: Delivery) -> None:
        number = int.from_bytes(delivery.body[:4], "big")
        self.got.append(number)
        self.tags.append(delivery.tag)
        if delivery.redelivered:
            self.redelivered.append(number)
        if self.auto:
            self.transport.ack([delivery.tag])

    async def start(self) -> None:
        await self.transport.start(self.take)

    def send(self, to: PeerAddress, *numbers: int, size: int = 4) -> None:
        for number in numbers:
            body = number.to_bytes(4, "big").ljust(size, b".")
            parcel = Parcel(body, self.address.name, number == 0, f"{self.name}-{number}")
            self.transport.publish(to, parcel, lambda n=number: self.confirmed.append(n))  # type: ignore[misc]

    async def stop(self) -> None:
        await self.transport.stop()

    def remove_queue(self) -> None:
        with pika.BlockingConnection(pika.URLParameters(self.url)) as connection:
            connection.channel().queue_delete(self.address.inbox)


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - nothing to await but the outcome
            await asyncio.sleep(0.01)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    """Run a scenario on its own loop; a callback that raised there fails the test."""
    errors: list[object] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: errors.append(context))
        await scenario()

    asyncio.run(main())
    assert errors == []


@pytest.mark.parametrize("quorum", [True, False])
def test_publish_confirm_and_redelivery(url: str, quorum: bool) -> None:
    async def scenario() -> None:
        sender, receiver = Peer(url), Peer(url, quorum=quorum)
        await receiver.start()
        sender.send(receiver.address, *range(300))
        await until(lambda: len(sender.confirmed) == 300 and len(receiver.got) == 300)
        assert receiver.got == list(range(300))
        assert sender.confirmed[0] == 0
        assert sorted(sender.confirmed) == list(range(300))
        assert sender.transport.counters.unconfirmed == 0
        await asyncio.sleep(0.1)
        receiver.auto = False
        sender.send(receiver.address, 300, 301, 302)
        await until(lambda: receiver.got[300:] == [300, 301, 302])
        receiver.transport.ack([receiver.tags[300]])
        await asyncio.sleep(0.1)
        await receiver.stop()
        successor = Peer(url, name=receiver.name, quorum=quorum)
        await successor.start()
        await until(lambda: successor.got == [301, 302])
        assert successor.redelivered == [301, 302]
        await sender.stop()
        await successor.stop()
        receiver.remove_queue()

    run(scenario)


def test_a_pack_for_a_missing_queue_is_returned_and_sent_until_it_is_there(url: str) -> None:
    async def scenario() -> None:
        sender, receiver = Peer(url), Peer(url)
        sender.send(receiver.address, *range(20))
        await asyncio.sleep(0.5)
        assert sender.confirmed == []
        assert sender.transport.counters.unconfirmed == 20
        assert sender.transport.counters.resent >= 1
        await receiver.start()
        await until(lambda: len(sender.confirmed) == 20 and len(receiver.got) == 20)
        assert receiver.got == list(range(20))
        await sender.stop()
        await receiver.stop()
        receiver.remove_queue()

    run(scenario)


def test_bytes_in_hand_are_bounded_and_order_survives(url: str) -> None:
    async def scenario() -> None:
        sender = Peer(url)
        receiver = Peer(url, window=Window(packs=8, bytes_=50_000), auto=False)
        await receiver.start()
        sender.send(receiver.address, *range(40), size=10_000)
        await until(lambda: len(sender.confirmed) == 40)
        await asyncio.sleep(0.3)
        assert 5 <= len(receiver.got) <= 8
        while len(set(receiver.got)) < 40:
            receiver.transport.ack(receiver.tags)
            await asyncio.sleep(0.02)
        assert receiver.got == list(range(40))
        await sender.stop()
        await receiver.stop()
        receiver.remove_queue()

    run(scenario)


def test_pause_and_resume(url: str) -> None:
    async def scenario() -> None:
        sender, receiver = Peer(url), Peer(url)
        await receiver.start()
        receiver.transport.pause()
        await asyncio.sleep(0.1)
        sender.send(receiver.address, 1, 2)
        await until(lambda: len(sender.confirmed) == 2)
        await asyncio.sleep(0.1)
        assert receiver.got == []
        receiver.transport.resume()
        await until(lambda: receiver.got == [1, 2])
        await sender.stop()
        await receiver.stop()
        receiver.remove_queue()

    run(scenario)


def test_headers_are_cordas(url: str) -> None:
    async def scenario() -> None:
        sender, receiver = Peer(url), Peer(url)
        await receiver.start()
        await receiver.stop()
        sender.send(receiver.address, 0, 1)
        await until(lambda: len(sender.confirmed) == 2)
        await sender.stop()
        with pika.BlockingConnection(pika.URLParameters(url)) as connection:
            channel = connection.channel()
            consumer = channel.consume(receiver.address.inbox)
            (_, first, _), (_, second, _) = next(consumer), next(consumer)
            channel.cancel()
        assert first is not None
        assert second is not None
        assert second.headers is not None
        assert first.delivery_mode == 2
        assert first.headers == {
            "platform-topic": "platform.session",
            "corda-vendor": "corda-sim",
            "platform-version": 12,
            "sender-subject-name": sender.address.name,
            "_AMQ_DUPL_ID": f"{sender.name}-0",
            "corda_p2p_message_type": "session_init",
        }
        assert "corda_p2p_message_type" not in second.headers
        receiver.remove_queue()

    run(scenario)


def test_a_404_on_our_own_queue_is_waited_out(url: str) -> None:
    async def scenario() -> None:
        receiver, sender = Peer(url), Peer(url)
        receiver.transport._consumer._as_found = True
        await receiver.start()
        await asyncio.sleep(0.3)
        helper = Peer(url, name=receiver.name)
        await helper.start()
        await helper.stop()
        sender.send(receiver.address, 1)
        await until(lambda: receiver.got == [1])
        await sender.stop()
        await receiver.stop()
        receiver.remove_queue()

    run(scenario)


def test_a_queue_declared_under_other_settings_is_used_as_it_is(url: str) -> None:
    async def scenario() -> None:
        first = Peer(url, quorum=False)
        await first.start()
        await first.stop()
        second, sender = Peer(url, name=first.name), Peer(url)
        await second.start()
        sender.send(second.address, 1)
        await until(lambda: second.got == [1])
        await sender.stop()
        await second.stop()
        first.remove_queue()

    run(scenario)


def test_a_deleted_queue_is_declared_again(url: str) -> None:
    async def scenario() -> None:
        receiver, sender = Peer(url), Peer(url)
        await receiver.start()
        await asyncio.to_thread(receiver.remove_queue)
        sender.send(receiver.address, 1)
        await until(lambda: receiver.got == [1])
        await sender.stop()
        await receiver.stop()
        receiver.remove_queue()

    run(scenario)


def test_a_broker_that_is_away_costs_retries_only() -> None:
    async def scenario() -> None:
        away = Peer(f"amqp://guest:guest@127.0.0.1:{free_port()}/%2F")
        await away.start()
        away.send(away.address, 1)
        await asyncio.sleep(0.3)
        assert away.transport.counters.unconfirmed == 1
        await away.stop()

    run(scenario)


@pytest.mark.parametrize("bad", ["", "http://x", "amqp://", "amqp://x:port", "amqps://localhost"])
def test_urls_that_mean_nothing_are_refused(bad: str) -> None:
    with pytest.raises(IllegalArgumentError):
        RabbitTransport(RabbitSettings("A", bad, ()))


@pytest.mark.parametrize("quorum", [True, False])
def test_nothing_is_lost_when_the_broker_is_killed(broker: Broker, quorum: bool) -> None:
    async def scenario() -> None:
        sender, receiver = Peer(broker.url), Peer(broker.url, quorum=quorum)
        await receiver.start()
        # RabbitMQ 3.10 can forget a quorum queue declared just before a SIGKILL.
        await asyncio.sleep(2)
        sender.send(receiver.address, *range(3000))
        await until(lambda: len(sender.confirmed) > 200)
        broker.kill()
        seen = len(sender.confirmed)
        await asyncio.sleep(0.3)
        assert len(sender.confirmed) < 3000
        broker.start()
        sender.send(receiver.address, *range(3000, 3100))
        await asyncio.to_thread(broker.wait)
        await until(lambda: len(sender.confirmed) == 3100, 60)
        await until(lambda: len(set(receiver.got)) == 3100, 30)
        firsts = list(dict.fromkeys(receiver.got))
        assert firsts == list(range(3100))
        assert seen >= 200
        await sender.stop()
        await receiver.stop()
        receiver.remove_queue()

    run(scenario)


def test_a_peer_that_moves_to_another_broker_gets_what_is_unconfirmed(
    broker: Broker, url: str
) -> None:
    async def scenario() -> None:
        sender, receiver = Peer(url), Peer(broker.url)
        old = PeerAddress(receiver.address.name, receiver.name, url)
        sender.send(old, 1, 2)
        await asyncio.sleep(0.2)
        await receiver.start()
        sender.send(receiver.address, 3)
        await until(lambda: receiver.got == [1, 2, 3] and sender.confirmed == [1, 2, 3])
        assert sender.transport.counters.unconfirmed == 0
        await sender.stop()
        await receiver.stop()
        receiver.remove_queue()

    run(scenario)


def test_a_blocked_connection_waits(broker: Broker) -> None:
    async def scenario() -> None:
        sender, receiver = Peer(broker.url), Peer(broker.url)
        await receiver.start()
        sender.send(receiver.address, 0)
        await until(lambda: sender.confirmed == [0])
        await asyncio.to_thread(broker.control, "set_vm_memory_high_watermark", "0.0001")
        sender.send(receiver.address, *range(1, 50))
        await asyncio.sleep(1.0)
        assert sender.confirmed == [0]
        await asyncio.to_thread(broker.control, "set_vm_memory_high_watermark", "0.4")
        await until(lambda: len(sender.confirmed) == 50 and receiver.got == list(range(50)))
        await sender.stop()
        await receiver.stop()
        receiver.remove_queue()

    run(scenario)
