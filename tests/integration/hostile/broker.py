"""RabbitMQ in the place of the embedded transport's frames."""

import queue
import threading
from collections.abc import Mapping
from contextlib import suppress

import pika

from tests.integration.hostile.frames import inbox
from tests.integration.hostile.peer import Member

NODES = {
    "A": "PartyA",
    "B": "PartyB",
    "NOTARY": "Notary",
    "VALIDATOR": "Validator",
    "OUTSIDER": "Outsider",
}


def options(urls: Mapping[str, str]) -> list[str]:
    """For `network create`: brokers by role, as the tests' servers have them."""
    return [word for role, url in urls.items() for word in ("--broker", f"{NODES[role]}={url}")]


class BrokerConnection:
    """To a peer's broker."""

    def __init__(self, peer: Member, url: str) -> None:
        self._inbox = inbox(peer)
        self._connection = pika.BlockingConnection(pika.URLParameters(url))
        self._channel = self._connection.channel()
        self._channel.confirm_delivery()

    def pack(self, data: bytes) -> None:
        """Send a pack; it lies on the broker's disk then."""
        properties = pika.BasicProperties(delivery_mode=2)  # type: ignore[no-untyped-call]
        self._channel.basic_publish("", self._inbox, data, properties, mandatory=True)

    def close(self) -> None:
        self._connection.close()


class BrokerListener:
    """Consumes a dead node's queue; `packs` fills up with what peers say."""

    def __init__(self, me: Member, url: str) -> None:
        self.packs: queue.Queue[bytes] = queue.Queue()
        self._connection = pika.BlockingConnection(pika.URLParameters(url))
        self._inbox, self._ended = inbox(me), threading.Event()
        self._thread = threading.Thread(target=self._consume, daemon=True)
        self._thread.start()

    def _consume(self) -> None:
        channel = self._connection.channel()
        for _, _, body in channel.consume(self._inbox, auto_ack=True, inactivity_timeout=0.5):
            if body is not None:
                self.packs.put(body)
            if self._ended.is_set():
                break
        with suppress(pika.exceptions.AMQPError):
            self._connection.close()

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
