import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from corda_sim.core.errors import IllegalArgumentError
from corda_sim.node.messaging.embedded import EmbeddedTransport
from corda_sim.node.messaging.frames import (
    HEADER_LENGTH,
    PROTOCOL_VERSION,
    Hello,
    Kind,
    Refused,
    decode_control,
    encode_control,
    encode_frame,
    encode_pack_frame,
)
from corda_sim.node.messaging.settings import EmbeddedSettings
from corda_sim.node.messaging.transport import Backoff, Delivery, Parcel, PeerAddress, Window

NETWORK = b"n" * 32
FAST = Backoff(0.01, 0.05)


def settings(name: str, endpoint: str, window: Window | None = None) -> EmbeddedSettings:
    return EmbeddedSettings(
        name=name,
        network_id=NETWORK,
        inboxes=frozenset({f"p2p.inbound.{name}"}),
        endpoints=(endpoint,),
        max_message_size=400_000,
        window=window or Window(),
        backoff=FAST,
        frame_timeout=2.0,
    )


def parcel(number: int, size: int = 4) -> Parcel:
    return Parcel(number.to_bytes(4, "big").ljust(size, b"."), "A", False, str(number))


def number(delivery: Delivery) -> int:
    return int.from_bytes(delivery.body[:4], "big")


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - nothing to await but the outcome
            await asyncio.sleep(0.005)


class Receiver:
    """A transport whose deliveries are acknowledged at once, or when the test says so."""

    def __init__(self, endpoint: str, *, auto: bool = True, window: Window | None = None) -> None:
        self.transport = EmbeddedTransport(settings("B", endpoint, window))
        self.endpoint = endpoint
        self.auto = auto
        self.got: list[int] = []
        self.tags: list[int] = []

    @property
    def address(self) -> PeerAddress:
        return PeerAddress("O=PartyB, L=London, C=GB", "B", self.endpoint)

    def take(self, delivery: Delivery) -> None:
        self.got.append(number(delivery))
        self.tags.append(delivery.tag)
        if self.auto:
            self.transport.ack([delivery.tag])

    async def start(self) -> None:
        await self.transport.start(self.take)

    async def stop(self) -> None:
        await self.transport.stop()


class Sender:
    def __init__(self, directory: Path) -> None:
        self.transport = EmbeddedTransport(settings("A", f"unix:{directory}/a.sock"))
        self.confirmed: list[int] = []

    def send(self, to: PeerAddress, *numbers: int, size: int = 4) -> None:
        for each in numbers:
            self.transport.publish(to, parcel(each, size), lambda n=each: self.confirmed.append(n))  # type: ignore[misc]


def run(scenario: Callable[[], object]) -> None:
    """Run a scenario on its own loop; a callback that raised there fails the test."""
    errors: list[object] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: errors.append(context))
        await scenario()  # type: ignore[misc]

    asyncio.run(main())
    assert errors == []


def test_packs_arrive_in_order_and_are_confirmed(tmp_path: Path) -> None:
    async def scenario() -> None:
        sender, receiver = Sender(tmp_path), Receiver(f"unix:{tmp_path}/b.sock")
        await receiver.start()
        sender.send(receiver.address, *range(500))
        await until(lambda: len(sender.confirmed) == 500)
        assert receiver.got == sender.confirmed == list(range(500))
        counters = sender.transport.counters
        assert (counters.sent, counters.resent, counters.unconfirmed) == (500, 0, 0)
        assert counters.connected_peers == 1
        await sender.transport.stop()
        await receiver.stop()

    run(scenario)


def test_a_message_waits_for_a_stopped_peer(tmp_path: Path) -> None:
    async def scenario() -> None:
        sender, receiver = Sender(tmp_path), Receiver(f"unix:{tmp_path}/b.sock")
        sender.send(receiver.address, 1, 2, 3)
        await asyncio.sleep(0.1)
        assert sender.transport.counters.unconfirmed == 3
        await receiver.start()
        await until(lambda: sender.confirmed == [1, 2, 3])
        assert receiver.got == [1, 2, 3]
        await sender.transport.stop()
        await receiver.stop()

    run(scenario)


def test_what_was_not_committed_comes_again_after_a_restart(tmp_path: Path) -> None:
    async def scenario() -> None:
        endpoint = f"unix:{tmp_path}/b.sock"
        sender, first = Sender(tmp_path), Receiver(endpoint)
        await first.start()
        sender.send(first.address, 0)
        await until(lambda: sender.confirmed == [0])
        first.auto = False
        sender.send(first.address, *range(1, 6))
        await until(lambda: first.got == list(range(6)))
        first.transport.ack(first.tags[1:3])
        await until(lambda: sender.confirmed == [0, 1, 2])
        await first.stop()
        second = Receiver(endpoint)
        await second.start()
        await until(lambda: sender.confirmed == list(range(6)))
        assert second.got == [3, 4, 5]
        assert sender.transport.counters.resent == 3
        first.transport.ack(first.tags)
        await sender.transport.stop()
        await second.stop()

    run(scenario)


def test_a_sender_that_restarts_publishes_anew(tmp_path: Path) -> None:
    async def scenario() -> None:
        receiver = Receiver(f"unix:{tmp_path}/b.sock", auto=False)
        await receiver.start()
        sender = Sender(tmp_path)
        sender.send(receiver.address, 7)
        await until(lambda: receiver.got == [7])
        await sender.transport.stop()
        again = Sender(tmp_path)
        again.send(receiver.address, 7, 8)
        await until(lambda: receiver.got == [7, 7])
        receiver.transport.ack(receiver.tags)
        await until(lambda: receiver.got == [7, 7, 8])
        receiver.transport.ack(receiver.tags)
        await until(lambda: again.confirmed == [7, 8])
        await again.transport.stop()
        await receiver.stop()

    run(scenario)


def test_acks_in_any_order_confirm_no_more_than_is_committed(tmp_path: Path) -> None:
    async def scenario() -> None:
        sender, receiver = Sender(tmp_path), Receiver(f"unix:{tmp_path}/b.sock")
        await receiver.start()
        sender.send(receiver.address, 0)
        await until(lambda: sender.confirmed == [0])
        receiver.auto = False
        sender.send(receiver.address, 1, 2, 3)
        await until(lambda: len(receiver.got) == 4)
        receiver.transport.ack([receiver.tags[3], receiver.tags[2]])
        await asyncio.sleep(0.05)
        assert sender.confirmed == [0]
        receiver.transport.ack([receiver.tags[1], receiver.tags[1]])
        await until(lambda: sender.confirmed == [0, 1, 2, 3])
        await sender.transport.stop()
        await receiver.stop()

    run(scenario)


@pytest.mark.parametrize(
    ("window", "size"), [(Window(10, 10**9), 4), (Window(10**6, 50_000), 5000)]
)
def test_the_window_bounds_packs_and_bytes(tmp_path: Path, window: Window, size: int) -> None:
    async def scenario() -> None:
        sender = Sender(tmp_path)
        receiver = Receiver(f"unix:{tmp_path}/b.sock", window=window)
        await receiver.start()
        sender.send(receiver.address, 0)
        await until(lambda: sender.confirmed == [0])
        receiver.auto = False
        sender.send(receiver.address, *range(1, 101), size=size)
        await asyncio.sleep(0.2)
        assert 10 <= len(receiver.got) <= 12
        while len(sender.confirmed) < 101:
            receiver.transport.ack(receiver.tags)
            await asyncio.sleep(0.005)
        assert receiver.got == list(range(101))
        await sender.transport.stop()
        await receiver.stop()

    run(scenario)


def test_pause_and_resume(tmp_path: Path) -> None:
    async def scenario() -> None:
        sender, receiver = Sender(tmp_path), Receiver(f"unix:{tmp_path}/b.sock")
        await receiver.start()
        receiver.transport.pause()
        sender.send(receiver.address, 1, 2)
        await asyncio.sleep(0.1)
        assert receiver.got == []
        receiver.transport.resume()
        await until(lambda: sender.confirmed == [1, 2])
        await sender.transport.stop()
        await receiver.stop()

    run(scenario)


def test_one_peer_down_does_not_hold_up_another(tmp_path: Path) -> None:
    async def scenario() -> None:
        sender, receiver = Sender(tmp_path), Receiver(f"unix:{tmp_path}/b.sock")
        await receiver.start()
        down = PeerAddress("O=Down, L=London, C=GB", "C", f"unix:{tmp_path}/none.sock")
        sender.send(down, 100)
        sender.send(receiver.address, 1)
        await until(lambda: sender.confirmed == [1])
        assert sender.transport.counters.unconfirmed == 1
        await sender.transport.stop()
        await receiver.stop()

    run(scenario)


def test_a_peer_that_moves_gets_what_is_unconfirmed(tmp_path: Path) -> None:
    async def scenario() -> None:
        sender, old = Sender(tmp_path), Receiver(f"unix:{tmp_path}/b.sock", auto=False)
        new = Receiver(f"unix:{tmp_path}/new.sock")
        await old.start()
        await new.start()
        sender.send(old.address, 1)
        await until(lambda: old.got == [1])
        sender.send(new.address, 2)
        await until(lambda: sender.confirmed == [1, 2])
        assert new.got == [1, 2]
        await sender.transport.stop()
        await old.stop()
        await new.stop()

    run(scenario)


def test_tcp_and_a_very_long_socket_path(tmp_path: Path) -> None:
    async def scenario() -> None:
        deep = tmp_path / ("d" * 90) / ("e" * 90)
        deep.mkdir(parents=True)
        for receiver in (Receiver(f"unix:{deep}/p2p.sock"), Receiver("tcp://127.0.0.1:0")):
            sender = Sender(tmp_path)
            await receiver.start()
            if receiver.endpoint.startswith("tcp"):
                receiver.endpoint = f"tcp://127.0.0.1:{receiver.transport.port}"
            sender.send(receiver.address, 1, 2, 3, size=300_000)
            await until(lambda s=sender: s.confirmed == [1, 2, 3])  # type: ignore[misc]
            await sender.transport.stop()
            await receiver.stop()
        assert not (deep / "p2p.sock").exists()

    run(scenario)


def test_stop_leaves_a_successors_socket_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        old, new = Receiver(f"unix:{tmp_path}/b.sock"), Receiver(f"unix:{tmp_path}/b.sock")
        await old.start()
        await new.start()
        await old.stop()
        assert (tmp_path / "b.sock").is_socket()
        assert (tmp_path / "b.sock").stat().st_mode & 0o777 == 0o600
        await new.stop()
        (tmp_path / "b.sock").write_text("not a socket")
        with pytest.raises(IllegalArgumentError, match="not a socket"):
            await new.start()

    run(scenario)


def test_endpoints_that_mean_nothing_are_refused() -> None:
    async def scenario() -> None:
        for endpoint in ("", "http://x:1", "tcp://x", "tcp://x:99999", "tls://127.0.0.1:0"):
            with pytest.raises(IllegalArgumentError):
                await Receiver(endpoint).start()

    run(scenario)


HELLO = encode_control(Kind.HELLO, Hello(PROTOCOL_VERSION, NETWORK, "X", "p2p.inbound.B"))


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        (encode_frame(Kind.PACK, bytes(20)), "expected HELLO"),
        (encode_frame(Kind.HELLO, b"\xff" * 10), "not a Hello"),
        (encode_control(Kind.HELLO, Hello(2, NETWORK, "X", "p2p.inbound.B")), "version"),
        (encode_control(Kind.HELLO, Hello(1, b"x" * 32, "X", "p2p.inbound.B")), "network"),
        (encode_control(Kind.HELLO, Hello(1, NETWORK, "X", "p2p.inbound.C")), "no inbox"),
        (b"\xff\xff\xff\xff\x01", "frame of"),
        (b"\x00\x00\x00\x00\x01", "frame of"),
        (b"\x00\x00\x00\x01\x09", "unknown frame kind"),
        (HELLO + b"\xff\xff\xff\xff\x01", "frame of"),
        (HELLO + encode_frame(Kind.PACK, b"short"), "sequence"),
        (HELLO + encode_pack_frame(2, b"x"), "follows"),
        (HELLO + encode_frame(Kind.CONFIRM, bytes(8)), "unexpected CONFIRM"),
    ],
)
def test_hostile_clients_are_told_why_and_cut_off(
    tmp_path: Path, attack: bytes, reason: str
) -> None:
    async def scenario() -> None:
        receiver = Receiver(f"unix:{tmp_path}/b.sock")
        await receiver.start()
        reader, writer = await asyncio.open_unix_connection(f"{tmp_path}/b.sock")
        writer.write(attack)
        answer = b""
        with contextlib.suppress(ConnectionError):
            answer = await reader.read()
        refusal = answer[answer.rindex(bytes((Kind.REFUSED,))) + 1 :]
        assert reason in decode_control(refusal, Refused).reason
        assert receiver.got == []
        assert len(answer) >= HEADER_LENGTH
        writer.close()
        await receiver.stop()

    run(scenario)


def test_a_silent_client_is_cut_off(tmp_path: Path) -> None:
    async def scenario() -> None:
        receiver = Receiver(f"unix:{tmp_path}/b.sock")
        await receiver.start()
        reader, writer = await asyncio.open_unix_connection(f"{tmp_path}/b.sock")
        writer.write(HELLO + encode_pack_frame(1, bytes(1000))[:500])
        async with asyncio.timeout(4):
            await reader.read()
            assert await reader.read() == b""
        writer.close()
        await receiver.stop()

    run(scenario)


def test_a_hostile_server_costs_only_retries(tmp_path: Path) -> None:
    async def scenario() -> None:
        replies = [
            b"",
            encode_control(Kind.REFUSED, Refused("go away")),
            encode_control(Kind.HELLO, Hello(1, b"x" * 32, "X", "p2p.inbound.B")),
            b"\xff" * 100,
            HELLO + encode_frame(Kind.CONFIRM, (9).to_bytes(8, "big")),
            HELLO + encode_frame(Kind.CONFIRM, bytes(8)),
        ]

        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if replies:
                writer.write(replies.pop(0))
            writer.close()

        path = f"{tmp_path}/b.sock"
        server = await asyncio.start_unix_server(serve, path)
        sender, receiver = Sender(tmp_path), Receiver(f"unix:{path}")
        sender.send(receiver.address, 1)
        await until(lambda: not replies)
        server.close()
        assert sender.confirmed == []
        await receiver.start()
        await until(lambda: sender.confirmed == [1])
        await sender.transport.stop()
        await receiver.stop()

    run(scenario)
