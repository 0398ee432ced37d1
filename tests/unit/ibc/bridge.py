"""A Corda host and a QBFT chain that talk through LCP: only the ledger and the EVM are missing.

Both run our handlers. What the QBFT side writes is committed in its trie; what the host holds is
shown in tear-offs. An enclave follows both and signs what the two LCP clients verify.
"""

from dataclasses import dataclass, field

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import (
    MsgAcknowledgement,
    MsgRecvPacket,
    MsgTimeout,
    Packet,
)
from corda_sim.ibc.channel.sending import SendPacket, send_packet
from corda_sim.ibc.channel.types import (
    Channel,
    ChannelCounterparty,
    ChannelState,
    MsgChannelOpenAck,
    MsgChannelOpenConfirm,
    MsgChannelOpenInit,
    MsgChannelOpenTry,
    Order,
)
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.light_client import LightClient, Proof
from corda_sim.ibc.client.types import MsgCreateClient, MsgUpdateClient
from corda_sim.ibc.commitment.prefix import IBC_PREFIX
from corda_sim.ibc.connection.types import (
    Counterparty,
    MsgConnectionOpenAck,
    MsgConnectionOpenConfirm,
    MsgConnectionOpenInit,
    MsgConnectionOpenTry,
)
from corda_sim.ibc.connection.versions import COMPATIBLE_VERSIONS
from corda_sim.ibc.context import Context, SelfClient
from corda_sim.ibc.events import Event
from corda_sim.ibc.host import paths
from corda_sim.ibc.lightclients.corda.client import (
    CordaClient,
    consensus_state_at,
)
from corda_sim.ibc.lightclients.corda.client import canonical_client_state as canonical_corda
from corda_sim.ibc.lightclients.corda.self_client import LcpSelfClient
from corda_sim.ibc.lightclients.corda.types import ClientState as CordaClientState
from corda_sim.ibc.lightclients.corda.types import Entry, Header
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.lcp.attestation import AttestationRoot
from corda_sim.ibc.lightclients.lcp.client import LcpClient
from corda_sim.ibc.lightclients.lcp.messages import (
    NO_STATE_ID,
    EmittedState,
    UpdateState,
    VerifyMembership,
)
from corda_sim.ibc.lightclients.lcp.state_id import state_id_of
from corda_sim.ibc.lightclients.lcp.types import ClientState as LcpClientState
from corda_sim.ibc.lightclients.lcp.types import ConsensusState as LcpConsensusState
from corda_sim.ibc.lightclients.qbft.client import QbftClient
from corda_sim.ibc.lightclients.qbft.client import canonical_client_state as canonical_qbft
from corda_sim.ibc.lightclients.qbft.types import ClientState as QbftClientState
from corda_sim.ibc.moment import NANOS_PER_MILLI, NANOS_PER_SECOND, Moment
from corda_sim.ibc.protobuf import Message
from corda_sim.ibc.router import Delivery, deliver
from corda_sim.ibc.store import MemoryStore
from tests.unit.ibc.chain import PORT, MockModule
from tests.unit.ibc.corda_ledger import Bridge as CordaTransaction
from tests.unit.ibc.corda_ledger import client_state as host_state
from tests.unit.ibc.enclave import (
    DOMAIN,
    MRENCLAVE,
    Enclave,
    certificate,
    quote_body,
    registration,
    report,
)
from tests.unit.ibc.qbft_chain import START, QbftChain

EPOCH_MILLIS = 1_767_225_600_000
"""Where ``corda_ledger`` counts milliseconds from."""


class Followed:
    """A light client inside the enclave, and what it last told."""

    def __init__(
        self,
        client: LightClient,
        first: AnyMessage,
        consensus: AnyMessage,
        now: Moment | None = None,
    ) -> None:
        self.client = client
        self.store = ClientStore(MemoryStore(), f"{client.client_type}-0")
        self.height = client.initialise(self.store, first, consensus, now or NOWHERE)
        self.told = Height()

    def state_id(self, height: Height) -> bytes:
        url = self.store.client_state.type_url
        if url == QbftClientState.TYPE_URL:
            qbft = canonical_qbft(self.store.client_state.unpack(QbftClientState))
            canonical = AnyMessage.pack(qbft)
        else:
            corda = canonical_corda(self.store.client_state.unpack(CordaClientState))
            canonical = AnyMessage.pack(corda)
        return state_id_of(canonical, self.store.consensus_state(height))

    def update(self, header: AnyMessage, now: Moment) -> UpdateState:
        """Follow a header; what the enclave says of it. The first one is told as a start."""
        self.client.update(self.store, header, now)
        height = self.store.latest_height
        first = self.told.is_zero
        emitted = EmittedState(height, self.store.client_state.encode())
        message = UpdateState(
            self.told,
            NO_STATE_ID if first else self.state_id(self.told),
            height,
            self.state_id(height),
            self.client.timestamp_at(self.store, height),
            None,
            (emitted,) if first else (),
        )
        self.told = height
        return message

    def prove(self, proof: Proof, path: str, value: bytes | None, now: Moment) -> VerifyMembership:
        """What the enclave says of a value that the other chain's proof proves."""
        if value is None:
            self.client.verify_non_membership(self.store, proof, path, now)
        else:
            self.client.verify_membership(self.store, proof, path, value, now)
        hashed = bytes(32) if value is None else keccak256(value)
        state_id = self.state_id(proof.height)
        return VerifyMembership(proof.prefix, path.encode(), hashed, proof.height, state_id)


NOWHERE = Moment.at(Height(0, 1), (START + 1) * NANOS_PER_SECOND)


class TrustAnybody:
    """yui-ibc-solidity doesn't check clients of itself: the caller says what they hold."""

    def validate(self, client_state: AnyMessage) -> None:
        del client_state

    def consensus_state(self, height: Height, host_proof: bytes) -> AnyMessage:
        del height
        return AnyMessage.decode(host_proof)


@dataclass
class Side:
    """What both sides have in common: a store, a module, an LCP client of the other."""

    enclave: Enclave
    self_client: SelfClient
    store: MemoryStore = field(default_factory=MemoryStore)
    module: MockModule = field(default_factory=MockModule)
    events: list[Event] = field(default_factory=list)
    client_id: str = ""
    connection_id: str = ""
    channel_id: str = ""

    @property
    def now(self) -> Moment:
        raise NotImplementedError

    @property
    def context(self) -> Context:
        root = AttestationRoot(certificate("root", "root"), development_mode=True)
        client = LcpClient(root, DOMAIN)
        return Context(
            self.store, self.now, [client], {PORT: self.module}, self.self_client, self.events
        )

    def deliver(self, msg: Message) -> Delivery:
        return deliver(self.context, msg)

    def create_client(self) -> None:
        state = AnyMessage.pack(LcpClientState(MRENCLAVE, 10**9))
        msg = MsgCreateClient(state, AnyMessage.pack(LcpConsensusState()))
        self.client_id = str(self.deliver(msg).value)
        seconds = self.now.latest // NANOS_PER_SECOND
        attested = registration(report(quote_body(self.enclave.address), seconds - 5))
        self.deliver(MsgUpdateClient(self.client_id, AnyMessage.pack(attested)))

    def learn(self, update: UpdateState) -> None:
        self.deliver(MsgUpdateClient(self.client_id, self.enclave.update(update)))

    @property
    def client_any(self) -> AnyMessage:
        return ClientStore(self.store, self.client_id).client_state

    @property
    def known(self) -> Height:
        return ClientStore(self.store, self.client_id).latest_height


class QbftSide(Side):
    """A chain whose handler's commitments are in its trie."""

    def __init__(self, enclave: Enclave) -> None:
        super().__init__(enclave, TrustAnybody())
        self.chain = QbftChain()
        self.committed: dict[str, bytes] = {}
        state = AnyMessage.pack(self.chain.client_state(1))
        consensus = AnyMessage.pack(self.chain.consensus_state(1))
        self.followed = Followed(QbftClient(), state, consensus)

    @property
    def now(self) -> Moment:
        block = self.chain.blocks[self.chain.number]
        return Moment.at(Height(0, self.chain.number), block.time * NANOS_PER_SECOND)

    def make_block(self, seconds: int = 1) -> int:
        """Commit what has changed since the last block."""
        for path in self.committed.keys() - self.store.values.keys():
            self.chain.remove(path)
        for path, value in self.store.values.items():
            if self.committed.get(path) != value:
                self.chain.commit(path, value)
        self.committed = dict(self.store.values)
        return self.chain.make_block(seconds=seconds)

    def tell(self, other: Side, seconds: int = 1) -> Height:
        """A block, through the enclave, to the other side's client."""
        number = self.make_block(seconds)
        trusted = self.followed.store.latest_height.revision_height
        header = AnyMessage.pack(self.chain.header(number, trusted))
        other.learn(self.followed.update(header, self.now))
        return Height(0, number)

    def prove(self, path: str, height: Height, value: bytes | None) -> bytes:
        data = self.chain.storage_proof(height.revision_height, path)
        proof = Proof(height, IBC_PREFIX.key_prefix, data)
        return self.enclave.prove(self.followed.prove(proof, path, value, self.now))


class CordaSide(Side):
    """A host whose states are shown in tear-offs."""

    def __init__(self, enclave: Enclave) -> None:
        self.millis = (START - EPOCH_MILLIS // 1000) * 1000
        self.state = host_state(latest_height=self.height_at(self.millis))
        super().__init__(enclave, LcpSelfClient(self.state, MRENCLAVE))
        consensus = AnyMessage.pack(consensus_state_at(self.height_at(self.millis)))
        self.followed = Followed(CordaClient(), AnyMessage.pack(self.state), consensus)

    @staticmethod
    def height_at(millis: int) -> Height:
        return Height(0, EPOCH_MILLIS + millis)

    @property
    def now(self) -> Moment:
        start = EPOCH_MILLIS + self.millis
        first, last = Height(0, start), Height(0, start + 2999)
        end = (start + 3000) * NANOS_PER_MILLI - 1
        return Moment(first, last, start * NANOS_PER_MILLI, end)

    def show(self, path: str) -> CordaTransaction:
        value = self.store.values.get(path, b"")
        return CordaTransaction([Entry(path, value)], millis=self.millis)

    def tell(self, other: Side, millis: int = 1000) -> Height:
        """A transaction of a later time, through the enclave, to the other side's client."""
        self.millis += millis
        header = AnyMessage.pack(Header(self.show("any/path").tear_off()))
        other.learn(self.followed.update(header, self.now))
        return self.height_at(self.millis)

    def prove(self, path: str, height: Height, value: bytes | None) -> bytes:
        data = self.show(path).tear_off().encode()
        proof = Proof(height, IBC_PREFIX.key_prefix, data)
        return self.enclave.prove(self.followed.prove(proof, path, value, self.now))


class BridgeOfTwo:
    """A host and a chain with clients, a connection and a channel between them."""

    def __init__(self) -> None:
        self.enclave = Enclave()
        self.qbft, self.corda = QbftSide(self.enclave), CordaSide(self.enclave)
        for side in (self.qbft, self.corda):
            side.create_client()
        self.qbft.tell(self.corda)
        self.corda.tell(self.qbft)

    def proven(self, source: Side, path: str) -> tuple[bytes, Height]:
        """A fresh proof of what ``source`` holds at ``path``, good on the other side."""
        height = self.told(source)
        assert isinstance(source, QbftSide | CordaSide)
        return source.prove(path, height, source.store.values.get(path)), height

    def told(self, source: Side) -> Height:
        if isinstance(source, QbftSide):
            return source.tell(self.corda)
        assert isinstance(source, CordaSide)
        return source.tell(self.qbft)

    def connect(self) -> None:
        corda, qbft = self.corda, self.qbft
        theirs = Counterparty(qbft.client_id, "", IBC_PREFIX)
        init = MsgConnectionOpenInit(corda.client_id, theirs)
        corda.connection_id = str(corda.deliver(init).value)
        qbft.connection_id = str(qbft.deliver(self.conn_try()).value)
        corda.deliver(self.conn_ack())
        proof, height = self.proven(corda, paths.connection(corda.connection_id))
        qbft.deliver(MsgConnectionOpenConfirm(qbft.connection_id, proof, height))

    def conn_try(self) -> MsgConnectionOpenTry:
        corda, qbft = self.corda, self.qbft
        known = corda.known
        qbft.make_block()
        height = corda.tell(qbft)
        held = corda.store.values[paths.consensus_state(corda.client_id, known)]
        return MsgConnectionOpenTry(
            qbft.client_id,
            corda.client_any,
            Counterparty(corda.client_id, corda.connection_id, IBC_PREFIX),
            COMPATIBLE_VERSIONS,
            height,
            *self.self_proofs(corda, height, known),
            known,
            host_consensus_state_proof=held,
        )

    def conn_ack(self) -> MsgConnectionOpenAck:
        corda, qbft = self.corda, self.qbft
        known = qbft.known
        corda.millis += 1
        height = qbft.tell(corda)
        return MsgConnectionOpenAck(
            corda.connection_id,
            qbft.connection_id,
            COMPATIBLE_VERSIONS[0],
            qbft.client_any,
            height,
            *self.self_proofs(qbft, height, known),
            known,
        )

    def self_proofs(
        self, source: "QbftSide | CordaSide", height: Height, known: Height
    ) -> tuple[bytes, bytes, bytes]:
        wanted = (
            paths.connection(source.connection_id),
            paths.client_state(source.client_id),
            paths.consensus_state(source.client_id, known),
        )
        first, second, third = (
            source.prove(path, height, source.store.values[path]) for path in wanted
        )
        return first, second, third

    def open_channel(self, port: str = PORT, version: str = "mock-1") -> tuple[str, str]:
        """The channel's names on the host and on the chain."""
        corda, qbft = self.corda, self.qbft
        end = Channel(
            ChannelState.INIT,
            Order.UNORDERED,
            ChannelCounterparty(port, ""),
            (corda.connection_id,),
            version,
        )
        corda.channel_id = corda.deliver(MsgChannelOpenInit(port, end)).value[0]  # type: ignore[index]
        proof, height = self.proven(corda, paths.channel(port, corda.channel_id))
        tried = Channel(
            ChannelState.TRYOPEN,
            Order.UNORDERED,
            ChannelCounterparty(port, corda.channel_id),
            (qbft.connection_id,),
        )
        attempt = MsgChannelOpenTry(port, tried, version, proof, height)
        qbft.channel_id = qbft.deliver(attempt).value[0]  # type: ignore[index]
        proof, height = self.proven(qbft, paths.channel(port, qbft.channel_id))
        ack = MsgChannelOpenAck(port, corda.channel_id, qbft.channel_id, version, proof, height)
        corda.deliver(ack)
        proof, height = self.proven(corda, paths.channel(port, corda.channel_id))
        qbft.deliver(MsgChannelOpenConfirm(port, qbft.channel_id, proof, height))
        return corda.channel_id, qbft.channel_id

    def send(self, source: Side, data: bytes, timeout: int = 0) -> Packet:
        height = Height(0, 2**64 - 1) if not timeout else Height()
        return send_packet(
            source.context, SendPacket(PORT, source.channel_id, data, height, timeout)
        )

    def recv(self, packet: Packet, source: Side) -> MsgRecvPacket:
        path = paths.packet_commitment(packet.source_port, packet.source_channel, packet.sequence)
        return MsgRecvPacket(packet, *self.proven(source, path))

    def ack(self, packet: Packet, target: Side, ack: bytes) -> MsgAcknowledgement:
        path = paths.packet_acknowledgement(*_destination(packet))
        return MsgAcknowledgement(packet, ack, *self.proven(target, path))

    def timeout(self, packet: Packet, target: QbftSide, seconds: int) -> MsgTimeout:
        path = paths.packet_receipt(*_destination(packet))
        height = target.tell(self.corda, seconds)
        return MsgTimeout(packet, target.prove(path, height, None), height)


def _destination(packet: Packet) -> tuple[str, str, int]:
    return packet.destination_port, packet.destination_channel, packet.sequence


def open_bridge() -> BridgeOfTwo:
    bridge = BridgeOfTwo()
    bridge.connect()
    bridge.open_channel()
    return bridge
