"""The transport that a node's settings give: mutual TLS by the network's certificates, brokers."""

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from corda_sim.core.crypto.crypto import load_private_key, sign
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.core.network import NetworkParameters, NodeInfo, SignedNodeInfo
from corda_sim.core.serialization import serialize
from corda_sim.core.write_batch import WriteBatch
from corda_sim.node import tls
from corda_sim.node.certificates import (
    IDENTITY_FILE,
    TLS_FILE,
    DevelopmentHierarchy,
    NodeCertificates,
)
from corda_sim.node.config import NodeConfiguration
from corda_sim.node.identity_service import IdentityService
from corda_sim.node.messaging.embedded import EmbeddedTransport
from corda_sim.node.messaging.rabbitmq import RabbitTransport
from corda_sim.node.messaging.service import OurIdentity
from corda_sim.node.messaging.transport import Delivery, Parcel
from corda_sim.node.network_map import NetworkMapCache
from corda_sim.node.node_files import CERTIFICATES
from corda_sim.node.node_infos import ADDITIONAL_NODE_INFOS
from corda_sim.node.transports import endpoint_of, make_transport

NOW = datetime.now(UTC)
PASSWORD = "a password"
HIERARCHY = DevelopmentHierarchy.create(NOW, os.urandom)
ALICE, BOB, CAROL = (CordaX500Name(name, "London", "GB") for name in ("Alice", "Bob", "Carol"))
PARAMETERS = NetworkParameters(4, (), 10_000, 10_000, NOW, 1)


class TestNode:
    """A node's directory with keys, a network map of its own, and its transport."""

    __test__ = False

    def __init__(
        self, home: Path, name: CordaX500Name, hierarchy: DevelopmentHierarchy = HIERARCHY
    ) -> None:
        self.home, self.name = home / name.organisation, name
        self.certificates: NodeCertificates = hierarchy.node(name, NOW)
        self.certificates.store(self.home / CERTIFICATES, PASSWORD)
        self.key = load_private_key(self.certificates.identity.pkcs8)
        self.party = Party(name, self.key.public)
        self.map = NetworkMapCache(
            self.home, HIERARCHY.trust_root, PARAMETERS, IdentityService(), lambda: NOW
        )

    def sign(self, data: bytes) -> bytes:
        return sign(self.key.private, data)

    def transport(self, address: str = "127.0.0.1:0", **settings: object) -> object:
        config = NodeConfiguration.model_validate(
            {
                "myLegalName": self.name,
                "p2pAddress": address,
                "rpcSettings": {"address": "localhost:1"},
                "keyStorePassword": PASSWORD,
                **settings,
            }
        )
        identity = OurIdentity(self.party, self)
        return make_transport(config, self.home, identity, PARAMETERS, self.map)

    def embedded(self) -> EmbeddedTransport:
        found = self.transport()
        assert isinstance(found, EmbeddedTransport)
        return found

    def knows(self, other: "TestNode", endpoint: str) -> None:
        path = tuple(reversed(other.certificates.identity.path))
        info = NodeInfo((), (other.party,), path, 12, 1, endpoint=endpoint)
        folder = self.home / ADDITIONAL_NODE_INFOS
        folder.mkdir(exist_ok=True)
        (folder / "nodeInfo-1").write_bytes(serialize(SignedNodeInfo.sign(info, other.key)))
        assert self.map.poll(WriteBatch()).rejected == []


def delivered(sender: TestNode, addressee: TestNode, listener: TestNode) -> bool:
    """Whether what `sender` has for `addressee` is confirmed by whoever listens at its address."""
    confirmed: list[bool] = []
    outgoing, incoming = sender.embedded(), listener.embedded()

    async def scenario() -> None:
        await incoming.start(take)
        sender.knows(addressee, f"tls://127.0.0.1:{incoming.port}")
        address = sender.map.address_of(addressee.party)
        assert address is not None
        parcel = Parcel(b"x", str(sender.name), has_init=False, duplicate_id="1")
        outgoing.publish(address, parcel, lambda: confirmed.append(True))
        await until(lambda: bool(confirmed))
        await outgoing.stop()
        await incoming.stop()
        await asyncio.sleep(0.05)

    def take(delivery: Delivery) -> None:
        incoming.ack([delivery.tag])

    asyncio.run(scenario())
    return bool(confirmed)


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(50):
        if condition():
            return
        await asyncio.sleep(0.02)


def test_nodes_of_one_network_reach_each_other(tmp_path: Path) -> None:
    alice, bob = TestNode(tmp_path, ALICE), TestNode(tmp_path, BOB)
    assert delivered(alice, bob, bob)


def test_a_member_of_the_network_at_anothers_address_gets_nothing(tmp_path: Path) -> None:
    alice, bob, carol = (TestNode(tmp_path, name) for name in (ALICE, BOB, CAROL))
    assert not delivered(alice, bob, carol)


def test_a_node_of_another_network_is_not_let_in(tmp_path: Path) -> None:
    foreign = DevelopmentHierarchy.create(NOW, os.urandom)
    stranger, bob = TestNode(tmp_path, ALICE, foreign), TestNode(tmp_path, BOB)
    assert not delivered(stranger, bob, bob)


def test_an_identity_s_certificate_is_none_for_connections(tmp_path: Path) -> None:
    alice, bob = TestNode(tmp_path, ALICE), TestNode(tmp_path, BOB)
    certificates = alice.home / CERTIFICATES
    (certificates / TLS_FILE).write_bytes((certificates / IDENTITY_FILE).read_bytes())
    assert not delivered(alice, bob, bob)


def test_what_leaves_the_machine_is_encrypted(tmp_path: Path) -> None:
    assert endpoint_of("bank.example:10002") == "tls://bank.example:10002"
    assert endpoint_of("unix:/run/p2p.sock") == "unix:/run/p2p.sock"
    local = TestNode(tmp_path, ALICE).transport(f"unix:{tmp_path}/p2p.sock")
    assert isinstance(local, EmbeddedTransport)
    assert local.settings.endpoints == (f"unix:{tmp_path}/p2p.sock",)


def test_the_server_name_is_cordas() -> None:
    name = CordaX500Name("PyParty", "London", "GB")
    assert tls.server_name(name) == "1738581a18bd729fecd08606d61c4dc4.corda.net"


@pytest.mark.parametrize(("lease", "heartbeat"), [(2000, 2), (10_000, 2), (1500, 1), (600, 1)])
def test_a_broker_gets_certificates_and_a_heartbeat_within_the_lease(
    tmp_path: Path, lease: int, heartbeat: int
) -> None:
    made = TestNode(tmp_path, ALICE).transport(
        messagingServerAddress="amqps://broker.example",
        enterpriseConfiguration={"mutualExclusionConfiguration": {"waitInterval": lease}},
    )
    assert isinstance(made, RabbitTransport)
    assert made.settings.heartbeat == heartbeat
    assert made.settings.tls is not None
    assert made.settings.inboxes[0].startswith("p2p.inbound.DL")
