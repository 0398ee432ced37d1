"""Mutual TLS to a broker with the network's own certificates, and log-in by certificate."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from corda_sim.core.identity import CordaX500Name
from corda_sim.node.certificates import BROKER_FILE, TRUST_STORE_FILE, DevelopmentHierarchy
from corda_sim.node.tls import broker_client_context
from tests.integration.rabbit import Broker, Peer, free_port, private_broker, run, until

pytestmark = [pytest.mark.integration, pytest.mark.rabbitmq]
NOW = datetime.now(UTC)
PASSWORD = "a password"
OWNER, PEER = (CordaX500Name(name, "London", "GB") for name in ("Owner", "Peer"))
SUBJECT = "O=Peer,L=London,C=GB"
"""What RabbitMQ calls who shows the certificate."""


@dataclass
class TlsBroker:
    """A broker that demands a certificate of its network."""

    broker: Broker
    port: int
    home: Path
    hierarchy: DevelopmentHierarchy

    def keys(self, name: CordaX500Name, hierarchy: DevelopmentHierarchy | None = None) -> Path:
        folder = self.home / f"{name.organisation}-{hierarchy is None}"
        (hierarchy or self.hierarchy).node(name, NOW, ["localhost"]).store(folder, PASSWORD)
        return folder

    @property
    def with_password(self) -> str:
        return f"amqps://guest:guest@localhost:{self.port}/%2F"

    @property
    def with_certificate(self) -> str:
        return f"amqps://localhost:{self.port}/%2F"


@pytest.fixture(scope="module")
def tls_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsBroker]:
    home, port = tmp_path_factory.mktemp("tls"), free_port()
    hierarchy = DevelopmentHierarchy.create(NOW, os.urandom)
    own = home / "own"
    hierarchy.node(OWNER, NOW, ["localhost"]).store(own, PASSWORD)
    settings = {
        "listeners.ssl.1": f"127.0.0.1:{port}",
        "ssl_options.cacertfile": str(own / TRUST_STORE_FILE),
        "ssl_options.certfile": str(own / BROKER_FILE),
        "ssl_options.keyfile": str(own / BROKER_FILE),
        "ssl_options.password": PASSWORD,
        "ssl_options.verify": "verify_peer",
        "ssl_options.fail_if_no_peer_cert": "true",
        "ssl_options.depth": "5",
        "auth_mechanisms.1": "PLAIN",
        "auth_mechanisms.2": "EXTERNAL",
        "ssl_cert_login_from": "distinguished_name",
    }
    with private_broker(settings, ["rabbitmq_auth_mechanism_ssl"]) as broker:
        broker.control("add_user", SUBJECT, "unused")
        broker.control("clear_password", SUBJECT)
        broker.control("set_permissions", SUBJECT, "^$", ".*", "^$")
        yield TlsBroker(broker, port, home, hierarchy)


def test_a_peer_publishes_by_its_certificate_alone(tls_broker: TlsBroker) -> None:
    own = broker_client_context(tls_broker.keys(OWNER), PASSWORD)
    theirs = broker_client_context(tls_broker.keys(PEER), PASSWORD)

    async def scenario() -> None:
        receiver = Peer(tls_broker.with_password, tls=own)
        sender = Peer(tls_broker.broker.url, tls=theirs)
        await receiver.start()
        receiver.url = tls_broker.with_certificate
        sender.send(receiver.address, 1, 2, 3)
        await until(lambda: receiver.got == [1, 2, 3] and len(sender.confirmed) == 3, 20)
        await sender.stop()
        await receiver.stop()

    run(scenario)


def test_a_node_of_another_network_is_not_let_in(tls_broker: TlsBroker) -> None:
    foreign = tls_broker.keys(PEER, DevelopmentHierarchy.create(NOW, os.urandom))
    context = broker_client_context(foreign, PASSWORD)

    async def scenario() -> None:
        stranger = Peer(tls_broker.with_password, tls=context)
        await stranger.start()
        assert stranger.transport._consumer._channel is None
        await stranger.stop()

    run(scenario)
