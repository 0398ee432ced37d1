"""The RabbitMQ transport at a real broker; those that kill the broker start one of their own."""

import asyncio
import os
from collections.abc import Iterator

import pika
import pytest

from corda_sim.core.errors import IllegalArgumentError
from corda_sim.node.messaging.amqp_connection import RabbitSettings
from corda_sim.node.messaging.rabbitmq import RabbitTransport
from corda_sim.node.messaging.transport import PeerAddress, Window
from tests.integration.rabbit import Broker, Peer, free_port, private_broker, run, until

pytestmark = [pytest.mark.integration, pytest.mark.rabbitmq]


@pytest.fixture
def url() -> str:
    found = os.environ.get("CORDA_SIM_TEST_RABBITMQ_A")
    if not found:
        pytest.skip("CORDA_SIM_TEST_RABBITMQ_A names no broker")
    return found


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with private_broker() as made:
        yield made


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


def test_a_worker_that_drains_leaves_the_shared_inbox_to_the_others(url: str) -> None:
    """And takes what is sent to itself all the same; alone, it leaves it in the queue."""

    async def scenario() -> None:
        service = PeerAddress("O=Service, L=London, C=GB", f"s{os.getpid()}", url)
        shared = (service.inbox,)
        sender, left, right = Peer(url), Peer(url, shared=shared), Peer(url, shared=shared)
        await left.start()
        await right.start()
        left.transport.share(False)
        await asyncio.sleep(0.2)
        sender.send(service, *range(100))
        sender.send(left.address, 1_000)
        await until(lambda: len(right.got) == 100 and left.got == [1_000])
        right.transport.share(False)
        await asyncio.sleep(0.2)
        sender.send(service, 100)
        await until(lambda: len(sender.confirmed) == 102)
        await asyncio.sleep(0.2)
        assert (len(right.got), left.got) == (100, [1_000])
        left.transport.share(True)
        await until(lambda: left.got == [1_000, 100])
        for peer in (sender, left, right):
            await peer.stop()
        left.remove_queue()
        right.remove_queue()

    run(scenario)


def test_a_worker_that_starts_while_it_drains_takes_nothing_shared(url: str) -> None:
    async def scenario() -> None:
        service = PeerAddress("O=Service, L=London, C=GB", f"d{os.getpid()}", url)
        sender, worker = Peer(url), Peer(url, shared=(service.inbox,))
        worker.transport.share(False)
        await worker.start()
        sender.send(service, 1)
        sender.send(worker.address, 2)
        await until(lambda: len(sender.confirmed) == 2 and worker.got == [2])
        await asyncio.sleep(0.2)
        assert worker.got == [2]
        worker.transport.share(True)
        await until(lambda: worker.got == [2, 1])
        await sender.stop()
        await worker.stop()
        worker.remove_queue()

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
