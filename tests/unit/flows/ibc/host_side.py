"""A Corda network as one side of a bridge, the other being a chain in memory."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from corda_sim.core.contracts import StateRef
from corda_sim.ibc.any import AnyMessage, pack
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.channel.sending import SendPacket
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.light_client import Proof
from corda_sim.ibc.commitment.prefix import IBC_PREFIX
from corda_sim.ibc.lightclients.corda.client import CordaClient, consensus_state_at
from corda_sim.ibc.lightclients.corda.types import Header, TearOff
from corda_sim.ibc.moment import NANOS_PER_MILLI, Moment
from corda_sim.ibc.protobuf import Message
from corda_sim.ibc.router import Delivery, ResultType
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.ibc.admission import AdmitClientFlow
from flows.ibc.building import Submitted
from flows.ibc.hosting import GenesisCreateFlow, HostCreateFlow
from flows.ibc.service import BridgeService
from flows.ibc.submit import IbcSubmitFlow
from tests.unit.ibc.bridge import BridgeOfTwo, Followed, QbftSide, Side
from tests.unit.ibc.chain import PORT
from tests.unit.ibc.enclave import MRENCLAVE, Enclave, certificate

ALLOW = [
    "corda_sim.cash.Cash",
    "corda_sim.ibc.Ibc",
    "corda_sim.ibc.Ibc:corda_sim.cross.AccountSigns",
    "corda_sim.ibc.Ibc:corda_sim.cross.ContractCall",
]
CHAIN_ID = "corda-test"
_NEW = ("client_id", "connection_id", "channel_id")


def run(network: MockNetwork, node: MockNode, flow: IbcSubmitFlow) -> Submitted:
    """The flow's outcome; the clock moves on while it sleeps."""
    return run_all(network, [(node, flow)])[0]


def run_all(
    network: MockNetwork, started: Sequence[tuple[MockNode, IbcSubmitFlow]]
) -> list[Submitted]:
    """Flows side by side."""
    flows = [node.start_flow(flow) for node, flow in started]
    network.run_network()
    for _ in range(600):
        if all(flow.ended for flow in flows):
            break
        network.advance(timedelta(milliseconds=200))
    return [flow.result() for flow in flows]


def make_host(network: MockNetwork, validators: Sequence[str] = ("Validator",)) -> StateRef:
    """A host all of whose validators must sign, and whose port `mock` is bound to nop."""
    node, chosen = network["PartyA"], tuple(map(network.party_of, validators))
    participants = tuple(map(network.party_of, ("PartyA", "PartyB", "Validator")))
    base_id = node.run_flow(GenesisCreateFlow(participants))
    return node.run_flow(
        HostCreateFlow(
            base_id,
            CHAIN_ID,
            chosen,
            threshold=len(chosen),
            mrenclave=MRENCLAVE,
            attestation_root=certificate("root", "root"),
            development_mode=True,
            ports=("cross=cross", "cross-auth=cross-auth", f"{PORT}=nop"),
            contracts=("cash=corda_sim.cash.Cash",),
        )
    )


class _Values(Mapping[str, bytes]):
    """What the host's vault holds, as another side's store shows it."""

    def __init__(self, node: MockNode) -> None:
        self._node = node

    @property
    def _service(self) -> BridgeService:
        return self._node.hub.cordapp_service(BridgeService)

    def __getitem__(self, path: str) -> bytes:
        found = self._service.value(None, path)
        if found is None:
            raise KeyError(path)
        return found.value

    def __iter__(self) -> Iterator[str]:
        return iter(self._service.paths(None, ""))

    def __len__(self) -> int:
        return len(self._service.paths(None, ""))


class HostSide(Side):
    """The host, reached through one of its nodes."""

    def __init__(
        self, enclave: Enclave, network: MockNetwork, base_id: StateRef | None = None
    ) -> None:
        self.network, self.node = network, network["PartyA"]
        self.base_id = base_id or make_host(network)
        super().__init__(enclave, None)  # type: ignore[arg-type] # the contract's own
        self.store.values = _Values(self.node)  # type: ignore[assignment]
        info = self.service.host(None)
        first = Height(0, info.height)
        state = AnyMessage.pack(
            info.client_state.__class__(
                info.client_state.base_id,
                info.client_state.notary_key,
                info.client_state.validator_keys,
                info.client_state.threshold,
                first,
            )
        )
        consensus = AnyMessage.pack(consensus_state_at(first))
        self.followed = Followed(CordaClient(), state, consensus)
        self.millis = 0

    @property
    def service(self) -> BridgeService:
        return self.node.hub.cordapp_service(BridgeService)

    @property
    def now(self) -> Moment:
        millis = self.network.clock.now_ns // NANOS_PER_MILLI
        return Moment.at(Height(0, millis), millis * NANOS_PER_MILLI)

    def submit(self, *messages: Message, node: MockNode | None = None) -> Submitted:
        """Deliver messages in one transaction, a second later."""
        self.network.advance(timedelta(seconds=1))
        packed = tuple(AnyMessage.pack(one).encode() for one in messages)
        return run(self.network, node or self.node, IbcSubmitFlow(packed))

    def deliver(self, msg: Message) -> Delivery:
        told = self.submit(msg)
        found = [dict(one.attributes) for one in told.events]
        made = next((one[key] for one in found for key in reversed(_NEW) if key in one), None)
        value = (made, "") if made is not None and made.startswith("channel-") else made
        return Delivery(ResultType[told.results[0]], value)

    def known_heights(self) -> list[str]:
        return list(self.service.paths(None, f"clients/{self.client_id}/consensusStates/"))

    @property
    def known(self) -> Height:
        return max(Height.parse(path.rpartition("/")[2]) for path in self.known_heights())

    @property
    def client_any(self) -> AnyMessage:
        found = self.service.value(None, f"clients/{self.client_id}/clientState")
        assert found is not None
        return AnyMessage.decode(found.value)

    def tell(self, other: Side, millis: int = 1000) -> Height:
        """The newest transaction, through the enclave, to the other side's client."""
        del millis
        height = self.service.host(None).height
        if Height(0, height) > self.followed.told:
            header = self.service.header(None, height)
            assert header is not None
            shown = AnyMessage.pack(Header(TearOff.decode(header.tear_off)))
            other.learn(self.followed.update(shown, self.now))
        return Height(0, height)

    def prove(self, path: str, height: Height, value: bytes | None) -> bytes:
        found = self.service.value(None, path)
        assert found is not None
        proof = Proof(height, IBC_PREFIX.key_prefix, found.tear_off)
        return self.enclave.prove(self.followed.prove(proof, path, value, self.now))


class HostBridge(BridgeOfTwo):
    """A host, a new one unless `base_id` names one, and a chain with clients.

    `connect` and `open_channel` do the rest.
    """

    def __init__(
        self,
        network: MockNetwork,
        chain: type[QbftSide] = QbftSide,
        base_id: StateRef | None = None,
    ) -> None:
        self.enclave = Enclave()
        self.qbft = chain(self.enclave)
        self.corda = HostSide(self.enclave, network, base_id)  # type: ignore[assignment]
        for side in (self.qbft, self.corda):
            side.create_client()
        self.qbft.tell(self.corda)
        self.corda.tell(self.qbft)

    @property
    def host(self) -> HostSide:
        assert isinstance(self.corda, HostSide)
        return self.corda

    def admit(self, *nodes: str) -> None:
        """Both banks, or these nodes, take the client's word."""
        for name in nodes or ("PartyA", "PartyB"):
            self.host.network[name].run_flow(AdmitClientFlow(self.host.client_id))

    def told(self, source: Side) -> Height:
        other = self.corda if source is self.qbft else self.qbft
        assert isinstance(source, QbftSide | HostSide)
        return source.tell(other)

    def proven(self, source: Side, path: str) -> tuple[bytes, Height]:
        height = self.told(source)
        assert isinstance(source, QbftSide | HostSide)
        return source.prove(path, height, source.store.values.get(path)), height

    def send_from_host(self, data: bytes, timeout: int = 0) -> Packet:
        height = Height() if timeout else Height(0, 2**64 - 1)
        told = self.host.submit(SendPacket(PORT, self.host.channel_id, data, height, timeout))
        return packets_of(told)[0]


def send_message(data: bytes) -> bytes:
    """A packet to send on the first channel."""
    return pack(SendPacket(PORT, "channel-0", data, Height(0, 2**63)))


def opened_bridge(network: MockNetwork) -> HostBridge:
    """A bridge whose handshake is done."""
    bridge = HostBridge(network)
    bridge.connect()
    bridge.open_channel()
    return bridge


def packets_of(told: Submitted) -> list[Packet]:
    """The packets that were sent, out of the events."""
    found = (dict(one.attributes) for one in told.events if one.type == "send_packet")
    return [
        Packet(
            int(one["packet_sequence"]),
            one["packet_src_port"],
            one["packet_src_channel"],
            one["packet_dst_port"],
            one["packet_dst_channel"],
            bytes.fromhex(one["packet_data_hex"]),
            Height.parse(one["packet_timeout_height"]),
            int(one["packet_timeout_timestamp"]),
        )
        for one in found
    ]
