"""A RabbitMQ node of a test's own, and a node's transport at a broker."""

import asyncio
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pika
import pytest

from corda_sim.node.messaging.amqp_connection import RabbitSettings
from corda_sim.node.messaging.rabbitmq import RabbitTransport
from corda_sim.node.messaging.transport import Backoff, Delivery, Parcel, PeerAddress, Window

BIN = Path("/usr/lib/rabbitmq/bin")
FAST = Backoff(0.05, 0.5)


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


@contextmanager
def private_broker(
    settings: Mapping[str, str] | None = None, plugins: Sequence[str] = ()
) -> Iterator[Broker]:
    """A broker on loopback that is gone afterwards; `settings` are lines of rabbitmq.conf."""
    if not (BIN / "rabbitmq-server").exists() or shutil.which("epmd") is None:
        pytest.skip("rabbitmq-server is not installed")
    home = Path(tempfile.mkdtemp(prefix="corda-sim-rmq-"))
    port = free_port()
    lines = {"listeners.tcp.1": f"127.0.0.1:{port}", **(settings or {})}
    (home / "rabbitmq.conf").write_text("".join(f"{k} = {v}\n" for k, v in lines.items()))
    (home / "enabled_plugins").write_text(f"[{','.join(plugins)}].\n")
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
    tls: ssl.SSLContext | None = None
    shared: tuple[str, ...] = ()
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
                tls=self.tls,
                shared_inboxes=self.shared,
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
            for queue in (self.address.inbox, *self.shared):
                connection.channel().queue_delete(queue)


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
