"""Both chains, an enclave, and a relayer between them that takes its steps when told to."""

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from corda_sim.ibc.channel.packet import Packet
from corda_sim.relayer.chain import Chain
from corda_sim.relayer.figures import RelayerFigures
from corda_sim.relayer.handshake.path import Parties, Path, find_path, open_path
from corda_sim.relayer.lcp.keys import KeySettings, SigningKey
from corda_sim.relayer.lcp.prover import EnclaveClient, LcpProver
from corda_sim.relayer.service import Relayer, routes_of, sides_of
from tests.unit.ibc.enclave import MRENCLAVE
from tests.unit.relayer.chains import AUTH, PORT, MemoryChain, MemoryCorda, MemoryQuorum
from tests.unit.relayer.enclave import MemoryProxy

EXPIRATION, RENEWAL = 604_800, 86_400
_NEWS = 10
"""More than a direction can have heard of in one round."""
PORTS = {PORT: "mock-1", AUTH: "mock-1"}


@dataclass
class World:
    """Chains and enclave outlive relayers. Time is GoQuorum's; `ahead` is added to it."""

    corda: MemoryCorda = field(default_factory=MemoryCorda)
    quorum: MemoryQuorum = field(default_factory=MemoryQuorum)
    ahead: float = 0.0
    enclave_clients: tuple[str, str] = ("hb-qbft-0", "corda-host-0")

    def __post_init__(self) -> None:
        self.proxy = MemoryProxy(self.clock)

    def clock(self) -> float:
        seconds = (self.quorum.moment.latest // 10**9, self.corda.moment.earliest // 10**9)
        return max(seconds) + self.ahead

    @property
    def host(self) -> Chain:
        """Corda, as the relayer sees it."""
        return self.corda

    def parties(self) -> Parties:
        """With provers of their own, as a process has them."""
        of_quorum, of_corda = self.enclave_clients
        return Parties(
            (self.host, self._prover(self.quorum, self.host, of_quorum)),
            (self.quorum, self._prover(self.host, self.quorum, of_corda)),
        )

    def _prover(self, origin: Chain, other: Chain, client_id: str) -> LcpProver:
        key = SigningKey(self.proxy, other, KeySettings(EXPIRATION, RENEWAL), self.clock)
        client = EnclaveClient(client_id, MRENCLAVE, EXPIRATION)
        return LcpProver(origin, other, self.proxy, key, client)

    def open(self) -> Path:
        return open_path(self.parties(), PORTS)

    def start(self) -> "Run":
        """A relayer process: what it knows is in the chains."""
        self.corda.settle()
        self.quorum.settle()
        return Run(self, find_path(self.parties(), tuple(PORTS)))


class Run:
    """One process of a relayer, without threads; `go` until nothing changes."""

    def __init__(self, world: World, path: Path) -> None:
        self.world = world
        self.path = path
        figures = RelayerFigures(CollectorRegistry())
        sides, routes = sides_of(path), routes_of(path)
        self.relayer = Relayer(sides, routes, figures, world.clock, refresh=3600.0)
        self.from_corda, self.from_quorum = self.relayer.directions

    def follow(self) -> None:
        """Read both chains."""
        for follower in self.relayer.followers:
            follower.step()

    def go(self, rounds: int = 3) -> None:
        """Read, send, and hear what became of it."""
        for _ in range(rounds):
            self.follow()
            for direction in self.relayer.directions:
                direction.step()
                for _ in range(_NEWS):
                    direction.wait(0)

    def later(self, seconds: float = 100.0) -> None:
        """Let pauses end."""
        self.world.ahead += seconds


def channel_of(path: Path, chain: MemoryChain, port: str = PORT) -> str:
    """The chain's end of the port's channel."""
    pair = next(one for one in path.channels if one.port == port)
    return pair.here_id if path.here.chain.name == chain.name else pair.there_id


def is_done(chain: MemoryChain, packet: Packet) -> bool:
    """Whether the sender has heard what became of a packet."""
    place = (packet.source_port, packet.source_channel, packet.sequence)
    return f"commitments/ports/{place[0]}/channels/{place[1]}/sequences/{place[2]}" not in (
        chain.store.values
    )
