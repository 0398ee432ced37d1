"""Two chains in memory, each with a client of the other whose proofs are hashes."""

from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar

from corda_sim.core.crypto.hashes import sha256
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.acknowledgement import Acknowledgement, AcknowledgementLike
from corda_sim.ibc.channel.packet import (
    MsgAcknowledgement,
    MsgRecvPacket,
    MsgTimeout,
    MsgTimeoutOnClose,
    Packet,
)
from corda_sim.ibc.channel.sending import SendPacket, send_packet
from corda_sim.ibc.channel.types import (
    Channel,
    ChannelCounterparty,
    ChannelState,
    MsgChannelCloseConfirm,
    MsgChannelCloseInit,
    MsgChannelOpenAck,
    MsgChannelOpenConfirm,
    MsgChannelOpenInit,
    MsgChannelOpenTry,
    Order,
)
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.light_client import Proof, Status
from corda_sim.ibc.client.types import MsgCreateClient, MsgUpdateClient
from corda_sim.ibc.commitment.prefix import IBC_PREFIX
from corda_sim.ibc.connection.types import (
    ConnectionEnd,
    Counterparty,
    MsgConnectionOpenAck,
    MsgConnectionOpenConfirm,
    MsgConnectionOpenInit,
    MsgConnectionOpenTry,
)
from corda_sim.ibc.connection.versions import COMPATIBLE_VERSIONS
from corda_sim.ibc.context import Context
from corda_sim.ibc.errors import (
    ErrInvalidClient,
    ErrInvalidProof,
    ErrSelfConsensusStateNotFound,
)
from corda_sim.ibc.events import Event
from corda_sim.ibc.host import paths
from corda_sim.ibc.moment import Moment
from corda_sim.ibc.protobuf import Field, Message
from corda_sim.ibc.router import Delivery, deliver
from corda_sim.ibc.store import MemoryStore

PORT = "mock"
SECOND = 10**9
ABSENT = b""
NEVER = Height(0, 10**6)


@dataclass(frozen=True, slots=True)
class MockClientState(Message):
    TYPE_URL: ClassVar[str] = "/test.mock.ClientState"
    chain: Annotated[str, Field(1)] = ""
    frozen: Annotated[bool, Field(2)] = False
    expired: Annotated[bool, Field(3)] = False


@dataclass(frozen=True, slots=True)
class MockConsensusState(Message):
    TYPE_URL: ClassVar[str] = "/test.mock.ConsensusState"
    timestamp: Annotated[int, Field(1)] = 0


@dataclass(frozen=True, slots=True)
class MockHeader(Message):
    TYPE_URL: ClassVar[str] = "/test.mock.Header"
    height: Annotated[Height, Field(1)]
    timestamp: Annotated[int, Field(2)]
    freeze: Annotated[bool, Field(3)] = False


def mock_proof(height: Height, prefix: bytes, path: str, value: bytes) -> bytes:
    return sha256(b"".join(map(sha256, (str(height).encode(), prefix, path.encode(), value))))


class MockClient:
    """Accepts any header; a proof is a hash over all that it proves."""

    client_type = "mock-client"
    client_state_url = MockClientState.TYPE_URL

    def initialise(
        self, store: ClientStore, client_state: AnyMessage, consensus_state: AnyMessage, now: Moment
    ) -> Height:
        del now
        store.client_state = client_state
        store.set_consensus_state(Height(0, 1), consensus_state)
        return Height(0, 1)

    def status(self, store: ClientStore, now: Moment) -> Status:
        del now
        state = store.client_state.unpack(MockClientState)
        if state.frozen:
            return Status.FROZEN
        return Status.EXPIRED if state.expired else Status.ACTIVE

    def latest_height(self, store: ClientStore) -> Height:
        return store.latest_height

    def timestamp_at(self, store: ClientStore, height: Height) -> int:
        return store.consensus_state(height).unpack(MockConsensusState).timestamp

    def update(self, store: ClientStore, message: AnyMessage, now: Moment) -> tuple[Height, ...]:
        del now
        header = message.unpack(MockHeader)
        if header.freeze:
            state = store.client_state.unpack(MockClientState)
            store.client_state = AnyMessage.pack(replace(state, frozen=True))
            return ()
        consensus = AnyMessage.pack(MockConsensusState(header.timestamp))
        store.set_consensus_state(header.height, consensus)
        return (header.height,)

    def verify_membership(
        self, store: ClientStore, proof: Proof, path: str, value: bytes, now: Moment
    ) -> None:
        del now
        store.consensus_state(proof.height)
        if proof.data != mock_proof(proof.height, proof.prefix, path, value):
            raise ErrInvalidProof(f"nothing proves {path}")

    def verify_non_membership(
        self, store: ClientStore, proof: Proof, path: str, now: Moment
    ) -> None:
        self.verify_membership(store, proof, path, ABSENT, now)


class MockModule:
    """Notes what it is asked, and answers as a test tells it."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.answer: AcknowledgementLike | None = Acknowledgement(result=b"\x01")
        self.refuse: set[str] = set()
        self.version: str | None = None

    def _note(self, name: str, *values: object) -> None:
        if name in self.refuse:
            raise RefusedByModuleError(name)
        self.calls.append((name, *values))

    def on_chan_open_init(self, ctx: Context, port: str, channel_id: str, end: Channel) -> str:
        del ctx
        self._note("open_init", port, channel_id)
        return self.version or end.version

    def on_chan_open_try(
        self, ctx: Context, port: str, channel_id: str, end: Channel, counterparty_version: str
    ) -> str:
        del ctx, end
        self._note("open_try", port, channel_id)
        return self.version or counterparty_version

    def on_chan_open_ack(
        self, ctx: Context, port: str, channel_id: str, counterparty_version: str
    ) -> None:
        del ctx
        self._note("open_ack", port, channel_id, counterparty_version)

    def on_chan_open_confirm(self, ctx: Context, port: str, channel_id: str) -> None:
        del ctx
        self._note("open_confirm", port, channel_id)

    def on_chan_close_init(self, ctx: Context, port: str, channel_id: str) -> None:
        del ctx
        self._note("close_init", port, channel_id)

    def on_chan_close_confirm(self, ctx: Context, port: str, channel_id: str) -> None:
        del ctx
        self._note("close_confirm", port, channel_id)

    def on_recv_packet(self, ctx: Context, packet: Packet) -> AcknowledgementLike | None:
        self._note("recv", packet.sequence)
        ctx.store.set(f"app/{packet.sequence}", packet.data)
        return self.answer

    def on_acknowledgement_packet(self, ctx: Context, packet: Packet, ack: bytes) -> None:
        del ctx
        self._note("acknowledged", packet.sequence, ack)

    def on_timeout_packet(self, ctx: Context, packet: Packet) -> None:
        del ctx
        self._note("timed_out", packet.sequence)


class RefusedByModuleError(Exception):
    pass


@dataclass
class Chain:
    """One chain; ``advance`` makes a block and tells the other side's client of it."""

    name: str
    store: MemoryStore = field(default_factory=MemoryStore)
    height: int = 10
    time: int = 1_000 * SECOND
    module: MockModule = field(default_factory=MockModule)
    events: list[Event] = field(default_factory=list)
    client_id: str = ""
    connection_id: str = ""
    channel_id: str = ""
    consensus: dict[Height, AnyMessage] = field(default_factory=dict)
    other: "Chain" = field(init=False)

    def __post_init__(self) -> None:
        self._remember()

    def _remember(self) -> None:
        self.consensus[Height(0, self.height)] = AnyMessage.pack(MockConsensusState(self.time))

    @property
    def context(self) -> Context:
        moment = Moment.at(Height(0, self.height), self.time)
        return Context(self.store, moment, [MockClient()], {PORT: self.module}, self, self.events)

    def validate(self, client_state: AnyMessage) -> None:
        if client_state.unpack(MockClientState).chain != self.name:
            raise ErrInvalidClient("a client of another chain")

    def consensus_state(self, height: Height, host_proof: bytes) -> AnyMessage:
        del host_proof
        if height not in self.consensus:
            raise ErrSelfConsensusStateNotFound(str(height))
        return self.consensus[height]

    def deliver(self, msg: Message) -> Delivery:
        return deliver(self.context, msg)

    def advance(self, seconds: int = 1) -> Height:
        """A new block, which the other chain's client learns at once."""
        self.height += 1
        self.time += seconds * SECOND
        self._remember()
        height = Height(0, self.height)
        header = AnyMessage.pack(MockHeader(height, self.time))
        self.other.deliver(MsgUpdateClient(self.other.client_id, header))
        return height

    def prove(self, path: str) -> tuple[bytes, Height]:
        """A proof of what is at ``path`` (or that nothing is), good at a fresh height."""
        height = self.advance()
        value = self.store.get(path) or ABSENT
        return mock_proof(height, IBC_PREFIX.key_prefix, path, value), height

    def prove_at(self, height: Height, path: str) -> bytes:
        value = self.store.get(path) or ABSENT
        return mock_proof(height, IBC_PREFIX.key_prefix, path, value)

    def create_client(self) -> None:
        state = AnyMessage.pack(MockClientState(self.other.name))
        consensus = AnyMessage.pack(MockConsensusState(self.other.time))
        self.client_id = str(self.deliver(MsgCreateClient(state, consensus)).value)

    def set_client(self, **changes: bool) -> None:
        store = ClientStore(self.store, self.client_id)
        state = store.client_state.unpack(MockClientState)
        store.client_state = AnyMessage.pack(replace(state, **changes))  # type: ignore[arg-type]

    @property
    def client_any(self) -> AnyMessage:
        return ClientStore(self.store, self.client_id).client_state

    # --- connections ---

    def msg_conn_init(self) -> MsgConnectionOpenInit:
        return MsgConnectionOpenInit(
            self.client_id, Counterparty(self.other.client_id, "", IBC_PREFIX)
        )

    def msg_conn_try(self) -> MsgConnectionOpenTry:
        other = self.other
        known = ClientStore(other.store, other.client_id).latest_height
        self.advance()
        height = other.advance()
        return MsgConnectionOpenTry(
            self.client_id,
            other.client_any,
            Counterparty(other.client_id, other.connection_id, IBC_PREFIX),
            COMPATIBLE_VERSIONS,
            height,
            other.prove_at(height, paths.connection(other.connection_id)),
            other.prove_at(height, paths.client_state(other.client_id)),
            other.prove_at(height, paths.consensus_state(other.client_id, known)),
            known,
        )

    def msg_conn_ack(self) -> MsgConnectionOpenAck:
        other = self.other
        known = ClientStore(other.store, other.client_id).latest_height
        self.advance()
        height = other.advance()
        return MsgConnectionOpenAck(
            self.connection_id,
            other.connection_id,
            COMPATIBLE_VERSIONS[0],
            other.client_any,
            height,
            other.prove_at(height, paths.connection(other.connection_id)),
            other.prove_at(height, paths.client_state(other.client_id)),
            other.prove_at(height, paths.consensus_state(other.client_id, known)),
            known,
        )

    def msg_conn_confirm(self) -> MsgConnectionOpenConfirm:
        proof, height = self.other.prove(paths.connection(self.other.connection_id))
        return MsgConnectionOpenConfirm(self.connection_id, proof, height)

    @property
    def connection(self) -> ConnectionEnd:
        found = self.store.get(paths.connection(self.connection_id))
        assert found is not None
        return ConnectionEnd.decode_strict(found)

    def set_connection(self, **changes: object) -> None:
        end = replace(self.connection, **changes)  # type: ignore[arg-type]
        self.store.set(paths.connection(self.connection_id), end.encode())

    # --- channels ---

    @property
    def channel_path(self) -> str:
        return paths.channel(PORT, self.channel_id)

    @property
    def channel(self) -> Channel:
        found = self.store.get(self.channel_path)
        assert found is not None
        return Channel.decode_strict(found)

    def set_channel(self, **changes: object) -> None:
        end = replace(self.channel, **changes)  # type: ignore[arg-type]
        self.store.set(self.channel_path, end.encode())

    def msg_chan_init(self, **changes: object) -> MsgChannelOpenInit:
        end = Channel(
            ChannelState.INIT,
            Order.UNORDERED,
            ChannelCounterparty(PORT, ""),
            (self.connection_id,),
            "mock-1",
        )
        return MsgChannelOpenInit(PORT, replace(end, **changes))  # type: ignore[arg-type]

    def msg_chan_try(self, **changes: object) -> MsgChannelOpenTry:
        end = Channel(
            ChannelState.TRYOPEN,
            Order.UNORDERED,
            ChannelCounterparty(PORT, self.other.channel_id),
            (self.connection_id,),
        )
        proof, height = self.other.prove(self.other.channel_path)
        end = replace(end, **changes)  # type: ignore[arg-type]
        return MsgChannelOpenTry(PORT, end, self.other.channel.version, proof, height)

    def msg_chan_ack(self) -> MsgChannelOpenAck:
        proof, height = self.other.prove(self.other.channel_path)
        return MsgChannelOpenAck(
            PORT, self.channel_id, self.other.channel_id, self.other.channel.version, proof, height
        )

    def msg_chan_confirm(self) -> MsgChannelOpenConfirm:
        proof, height = self.other.prove(self.other.channel_path)
        return MsgChannelOpenConfirm(PORT, self.channel_id, proof, height)

    def msg_close_init(self) -> MsgChannelCloseInit:
        return MsgChannelCloseInit(PORT, self.channel_id)

    def msg_close_confirm(self) -> MsgChannelCloseConfirm:
        proof, height = self.other.prove(self.other.channel_path)
        return MsgChannelCloseConfirm(PORT, self.channel_id, proof, height)

    # --- packets ---

    def send(
        self,
        data: bytes = b"mock packet data",
        height: Height = NEVER,
        timestamp: int = 0,
    ) -> Packet:
        msg = SendPacket(PORT, self.channel_id, data, height, timestamp)
        return send_packet(self.context, msg)

    def msg_recv(self, packet: Packet) -> MsgRecvPacket:
        path = paths.packet_commitment(packet.source_port, packet.source_channel, packet.sequence)
        proof, height = self.other.prove(path)
        return MsgRecvPacket(packet, proof, height)

    def msg_ack(self, packet: Packet, ack: bytes) -> MsgAcknowledgement:
        path = paths.packet_acknowledgement(PORT, self.other.channel_id, packet.sequence)
        proof, height = self.other.prove(path)
        return MsgAcknowledgement(packet, ack, proof, height)

    def msg_timeout(self, packet: Packet, seconds: int = 1) -> MsgTimeout:
        height = self.other.advance(seconds)
        path = paths.packet_receipt(PORT, self.other.channel_id, packet.sequence)
        return MsgTimeout(packet, self.other.prove_at(height, path), height)

    def msg_timeout_on_close(self, packet: Packet) -> MsgTimeoutOnClose:
        height = self.other.advance()
        path = paths.packet_receipt(PORT, self.other.channel_id, packet.sequence)
        unreceived = self.other.prove_at(height, path)
        closed = self.other.prove_at(height, self.other.channel_path)
        return MsgTimeoutOnClose(packet, unreceived, closed, height)

    def commitment(self, packet: Packet) -> bytes | None:
        return self.store.get(
            paths.packet_commitment(packet.source_port, packet.source_channel, packet.sequence)
        )


def two_chains() -> tuple[Chain, Chain]:
    """Chains that know each other by name alone."""
    a, b = Chain("A"), Chain("B", height=500, time=2_000 * SECOND)
    a.other, b.other = b, a
    return a, b


def with_clients() -> tuple[Chain, Chain]:
    a, b = two_chains()
    for chain in (a, b):
        chain.create_client()
    for chain in (a, b):
        chain.advance()
    return a, b


def with_connection() -> tuple[Chain, Chain]:
    a, b = with_clients()
    a.connection_id = str(a.deliver(a.msg_conn_init()).value)
    b.connection_id = str(b.deliver(b.msg_conn_try()).value)
    a.deliver(a.msg_conn_ack())
    b.deliver(b.msg_conn_confirm())
    return a, b


def with_channel() -> tuple[Chain, Chain]:
    a, b = with_connection()
    a.channel_id = a.deliver(a.msg_chan_init()).value[0]  # type: ignore[index]
    b.channel_id = b.deliver(b.msg_chan_try()).value[0]  # type: ignore[index]
    a.deliver(a.msg_chan_ack())
    b.deliver(b.msg_chan_confirm())
    return a, b
