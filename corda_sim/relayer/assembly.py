"""A relayer from its configuration: connections to both chains and to the proxy."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry

from corda_sim.lcp.client import LcpConnection
from corda_sim.lcp.elc_client import ElcConnection
from corda_sim.relayer.chain import Chain
from corda_sim.relayer.config import (
    CordaSettings,
    GoQuorumSettings,
    LcpSettings,
    NodeSettings,
    RelayerConfig,
)
from corda_sim.relayer.corda.chain import CordaChain
from corda_sim.relayer.corda.nodes import CordaNodes
from corda_sim.relayer.figures import RelayerFigures
from corda_sim.relayer.handshake.path import Parties
from corda_sim.relayer.handshake.path import Path as OpenPath
from corda_sim.relayer.lcp.keys import KeySettings, SigningKey
from corda_sim.relayer.lcp.prover import EnclaveClient, LcpProver
from corda_sim.relayer.quorum.chain import QuorumChain, QuorumSettings
from corda_sim.relayer.service import Relayer, routes_of, sides_of
from corda_sim.rpc.client import NodeRpcClient
from goquorum.endpoint.account import Sender
from goquorum.endpoint.ibc_handler import IbcHandler
from goquorum.endpoint.json_rpc import JsonRpc


@dataclass(frozen=True, slots=True)
class Given:
    """What a process has beside its configuration.

    The handler's address (20 bytes) and a block that it is not older than, the GoQuorum account's
    private key, and the time in seconds since 1970.
    """

    directory: Path
    handler: bytes
    start_block: int
    key: bytes
    clock: Callable[[], float]


@contextmanager
def connected(config: RelayerConfig, given: Given) -> Iterator[Parties]:
    """Both chains and their provers, until the block is left.

    Raises: EndpointUnreachable, NodeUnreachableException, LcpUnreachableException.
    """
    with ExitStack() as open_:
        corda = _corda(config.corda, given, open_)
        quorum = _quorum(config.goquorum, given, open_)
        root = _within(given.directory, config.lcp.tls_root)
        keys = LcpConnection(config.lcp.address, root)
        open_.callback(keys.close)
        lights = ElcConnection(config.lcp.address, root)
        open_.callback(lights.close)
        provers = _Provers(keys, lights, config.lcp, given.clock)
        yield Parties(
            (corda, provers.make(quorum, corda, config.lcp.goquorum_client)),
            (quorum, provers.make(corda, quorum, config.lcp.corda_client)),
        )


def _corda(settings: CordaSettings, given: Given, open_: ExitStack) -> CordaChain:
    nodes = [_node(one, given, open_) for one in (settings, *settings.fallbacks)]
    chain = CordaChain(CordaNodes(nodes, given.clock), settings.host)
    open_.callback(chain.close)
    return chain


def _node(settings: NodeSettings, given: Given, open_: ExitStack) -> NodeRpcClient:
    trust = _within(given.directory, settings.trust)
    pem = None if trust is None else trust.read_bytes()
    node = NodeRpcClient(settings.address, settings.username, settings.password, trust=pem)
    open_.callback(node.close)
    return node


def _quorum(settings: GoQuorumSettings, given: Given, open_: ExitStack) -> QuorumChain:
    rpc = JsonRpc(settings.url)
    open_.callback(rpc.close)
    follows = QuorumSettings(
        int(settings.trusting_period.total_seconds()),
        int(settings.max_clock_drift.total_seconds()),
        settings.poll.total_seconds(),
        given.start_block,
    )
    chain = QuorumChain(IbcHandler(rpc, given.handler), Sender(rpc, given.key), follows)
    open_.callback(chain.close)
    return chain


@dataclass(frozen=True, slots=True)
class _Provers:
    """Makes provers over one proxy."""

    keys: LcpConnection
    lights: ElcConnection
    settings: LcpSettings
    clock: Callable[[], float]

    def make(self, origin: Chain, other: Chain, client_id: str) -> LcpProver:
        """A prover with a signing key of its own: each chain registers keys by itself."""
        lives = (self.settings.key_expiration, self.settings.key_renewal)
        expiration, renewal = (int(life.total_seconds()) for life in lives)
        key = SigningKey(self.keys, other, KeySettings(expiration, renewal), self.clock)
        client = EnclaveClient(client_id, self.keys.info().mrenclave, expiration)
        return LcpProver(origin, other, self.lights, key, client)


def _within(directory: Path, path: Path | None) -> Path | None:
    return None if path is None else directory / path


def make_relayer(
    path: OpenPath, config: RelayerConfig, registry: CollectorRegistry, clock: Callable[[], float]
) -> Relayer:
    """The service over an open path; `clock` counts seconds."""
    figures = RelayerFigures(registry)
    refresh = config.refresh.total_seconds()
    return Relayer(sides_of(path), routes_of(path), figures, clock, refresh)
