"""A quick devnet with our contracts, a host in memory, and an enclave of the real handlers."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import pytest
from prometheus_client import CollectorRegistry

from corda_sim.relayer.chain import Chain, News
from corda_sim.relayer.figures import RelayerFigures
from corda_sim.relayer.handshake.path import Parties, Path, find_path, open_path
from corda_sim.relayer.lcp.keys import KeyService, KeySettings, SigningKey
from corda_sim.relayer.lcp.prover import EnclaveClient, LcpProver, LightClients
from corda_sim.relayer.quorum.chain import QuorumChain, QuorumSettings
from corda_sim.relayer.service import Relayer, routes_of, sides_of
from goquorum.deploy import deploy, deploy_handler, deploy_lcp_client
from goquorum.devnet import lifecycle
from goquorum.devnet.lifecycle import DevnetRequest
from goquorum.endpoint.account import Contract, Sender
from goquorum.endpoint.ibc_handler import IbcHandler
from goquorum.endpoint.json_rpc import JsonRpc
from tests.integration.goquorum.conftest import DEPLOYER
from tests.unit.ibc.enclave import MRENCLAVE, certificate
from tests.unit.relayer.chains import LEDGER_START, PORT, MemoryCorda
from tests.unit.relayer.enclave import MemoryProxy

EXPIRATION, RENEWAL = 604_800, 86_400
TRUSTING, DRIFT = 43_200, 15
POLL_SECONDS = 0.005
RELAYER_KEY = bytes.fromhex("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d")


@pytest.fixture(scope="package")
def rpc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JsonRpc]:
    """Instant blocks, four validators."""
    folder = tmp_path_factory.mktemp("quick")
    found = lifecycle.up(folder, DevnetRequest("quick", 4, "instant", controls=True))
    rpc = JsonRpc(found.nodes[0].rpc)
    yield rpc
    rpc.close()
    lifecycle.down(folder)


class Proxy(LightClients, KeyService, Protocol):
    """An LCP proxy."""


@dataclass
class Trust:
    """The enclave that both chains trust: what was measured of it, and the attestation's root."""

    proxy: Proxy
    mrenclave: bytes = MRENCLAVE
    root: bytes = field(default_factory=lambda: certificate("root", "root"))


@dataclass
class Site:
    """Both sides, and all that a relayer process is given."""

    rpc: JsonRpc
    owner: Sender
    handler: Contract
    module: Contract
    corda: MemoryCorda
    trust: Trust
    block: int

    def quorum(self, rpc: JsonRpc | None = None) -> QuorumChain:
        """The chain as one process sees it."""
        found = rpc or self.rpc
        handler = IbcHandler(found, self.handler.address)
        settings = QuorumSettings(TRUSTING, DRIFT, POLL_SECONDS, self.block, lost_after=0.5)
        return QuorumChain(handler, Sender(found, RELAYER_KEY), settings)

    def parties(self, quorum: QuorumChain) -> Parties:
        return Parties(
            (self.corda, self._prover(quorum, self.corda, "hb-qbft-0")),
            (quorum, self._prover(self.corda, quorum, "corda-host-0")),
        )

    def _prover(self, origin: Chain, other: Chain, client_id: str) -> LcpProver:
        key = SigningKey(self.trust.proxy, other, KeySettings(EXPIRATION, RENEWAL), time.time)
        client = EnclaveClient(client_id, self.trust.mrenclave, EXPIRATION)
        return LcpProver(origin, other, self.trust.proxy, key, client)

    def open(self, quorum: QuorumChain) -> Path:
        return open_path(self.parties(quorum), {PORT: "mock-1"})

    def relayer(self, quorum: QuorumChain) -> Relayer:
        path = find_path(self.parties(quorum), (PORT,))
        figures = RelayerFigures(CollectorRegistry())
        sides, routes = sides_of(path), routes_of(path)
        return Relayer(sides, routes, figures, time.monotonic, refresh=3600.0)

    def send(self, data: bytes, timeout: int = 0) -> int:
        """A packet from GoQuorum; its number."""
        height = (0, 0) if timeout else (0, 2**64 - 1)
        place = (self.handler.address, PORT, "channel-0")
        receipt = self.module.transact(self.owner, "sendPacket", *place, height, timeout, data)
        return int(self.handler.events(receipt)[0].arguments["sequence"])


class TimedCorda(MemoryCorda):
    """Its transactions are of the machine's time."""

    def __init__(self, trust: Trust) -> None:
        super().__init__(trust.mrenclave)
        self.root = trust.root
        self.millis = int(time.time() * 1000) - LEDGER_START
        self.heights = [self.millis]

    def follow(self, cursor: str, seconds: float) -> News:
        """Who follows it pauses, as with a chain: a thread that spins starves the others here."""
        news = super().follow(cursor, seconds)
        if not news.events:
            time.sleep(POLL_SECONDS)
        return news

    def make_block(self, seconds: int = 1) -> None:
        before = self.millis
        super().make_block(0)
        now = int(time.time() * 1000) - LEDGER_START
        self.millis = max(before + seconds, now)


@pytest.fixture
def site(rpc: JsonRpc) -> Site:
    """Its enclave is the real handlers', without a process."""
    return new_site(rpc, Trust(MemoryProxy(time.time)))


def new_site(rpc: JsonRpc, trust: Trust) -> Site:
    """A handler of its own, with an LCP client and a mock module."""
    owner = Sender(rpc, DEPLOYER)
    block = int(rpc.call("eth_blockNumber"), 16)
    handler = deploy_handler(owner)
    light = deploy_lcp_client(owner, handler.address, trust.root, development=True)
    module = deploy(owner, "MockModule")
    handler.transact(owner, "registerClient", "lcp-client", light.address)
    handler.transact(owner, "bindPort", PORT, module.address)
    return Site(rpc, owner, handler, module, TimedCorda(trust), trust, block)
