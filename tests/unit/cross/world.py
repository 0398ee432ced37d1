"""Two chains with Cross on both, whose contracts keep named values."""

from dataclasses import dataclass, field

from corda_sim.cross.atomic.simple.types import CommitStatus, PacketAcknowledgementCall
from corda_sim.cross.auth.types import Account, MsgIBCSignTx
from corda_sim.cross.contract.locking import LockedValues, LockingContract
from corda_sim.cross.contract.module import ContractCall
from corda_sim.cross.environment import Environment
from corda_sim.cross.errors import CallRefused, ErrNotSigned
from corda_sim.cross.initiator.types import ContractTransaction, MsgInitiateTx
from corda_sim.cross.modules import cross_auth_module, cross_module
from corda_sim.cross.packets.types import Acknowledgement, PacketData
from corda_sim.cross.ports import AUTH_PORT, CROSS_PORT, VERSION
from corda_sim.cross.queries import Stage, tx_status
from corda_sim.cross.router import deliver
from corda_sim.cross.tx.types import CommitProtocol
from corda_sim.cross.xcc.types import SELF, ChannelInfo
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import (
    MsgAcknowledgement,
    MsgRecvPacket,
    MsgTimeout,
    MsgTimeoutOnClose,
    Packet,
)
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
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.context import Context
from corda_sim.ibc.events import Event
from corda_sim.ibc.host import paths
from corda_sim.ibc.moment import Moment
from corda_sim.ibc.protobuf import Message
from corda_sim.ibc.router import Delivery, ResultType
from tests.unit.ibc.chain import NEVER, SECOND, Chain, MockClient

ALICE, BOB, CAROL = b"alice", b"bob", b"carol"
START = 2_000
EXPIRES = START + 600
"""Seconds; both chains' clocks begin at START."""

COIN, NFT = b"coin", b"nft"
PAY, TRANSFER, REFUSE = b"put coin bob", b"put nft alice", b"refuse"
OK = Acknowledgement(
    is_success=True, result=PacketData.of(PacketAcknowledgementCall(CommitStatus.OK)).encode()
).encode()
FAILED = Acknowledgement(
    is_success=True, result=PacketData.of(PacketAcknowledgementCall(CommitStatus.FAILED)).encode()
).encode()


class LeftOutError(Exception):
    """What a contract raises when the transaction lacks something that it needs."""


def run_contract(values: LockedValues, call: ContractCall) -> bytes:
    verb, *rest = call.call_info.split(b" ")
    if verb == b"refuse":
        raise CallRefused("no")
    if verb == b"broken":
        raise LeftOutError
    if verb == b"answer":
        return rest[0]
    key, value = rest
    values.set(key, value)
    return b""


@dataclass
class Signatures:
    """Who has signed the ledger's transactions."""

    names: set[bytes] = field(default_factory=lambda: {ALICE, BOB, CAROL})

    def require_signed(self, account_id: bytes) -> None:
        if account_id not in self.names:
            raise ErrNotSigned(account_id.decode())


@dataclass
class CrossChain(Chain):
    signatures: Signatures = field(default_factory=Signatures)
    channels: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.time = START * SECOND
        self.contract = LockingContract("app", run_contract)
        self.env = Environment(self.name, self.contract, self.signatures)
        super().__post_init__()

    @property
    def context(self) -> Context:
        moment = Moment.at(Height(0, self.height), self.time)
        modules = {CROSS_PORT: cross_module(self.env), AUTH_PORT: cross_auth_module(self.env)}
        return Context(self.store, moment, [MockClient()], modules, self, self.events)

    def end(self, port: str) -> ChannelInfo:
        return ChannelInfo(port, self.channels[port])

    def do(self, msg: Message) -> object:
        return deliver(self.context, self.env, msg)

    def value(self, key: bytes) -> bytes | None:
        return self.store.get(f"cross/contracts/app/values/{key.hex()}")

    @property
    def locks(self) -> list[str]:
        return list(self.store.paths("cross/contracts/app/locks/"))

    def sent(self) -> list[Packet]:
        return [packet_of(event) for event in self.events if event.type == "send_packet"]

    def ack_of(self, packet: Packet) -> bytes:
        (written,) = (
            event
            for event in self.events
            if event.type == "write_acknowledgement" and packet_of(event) == packet
        )
        return bytes.fromhex(written["packet_ack_hex"])

    def event(self, type_: str) -> Event:
        return next(event for event in reversed(self.events) if event.type == type_)


def packet_of(event: Event) -> Packet:
    return Packet(
        int(event["packet_sequence"]),
        event["packet_src_port"],
        event["packet_src_channel"],
        event["packet_dst_port"],
        event["packet_dst_channel"],
        bytes.fromhex(event["packet_data_hex"]),
        Height.parse(event["packet_timeout_height"]),
        int(event["packet_timeout_timestamp"]),
    )


class World:
    """A coordinates, B takes part; the relayer is whoever calls."""

    def __init__(self) -> None:
        self.a, self.b = CrossChain("A"), CrossChain("B", height=500)
        self.a.other, self.b.other = self.b, self.a
        for chain in (self.a, self.b):
            chain.create_client()
        for chain in (self.a, self.b):
            chain.advance()
        self._connect()
        for port in (CROSS_PORT, AUTH_PORT):
            self.open_channel(port)

    def _connect(self) -> None:
        a, b = self.a, self.b
        a.connection_id = str(a.deliver(a.msg_conn_init()).value)
        b.connection_id = str(b.deliver(b.msg_conn_try()).value)
        a.deliver(a.msg_conn_ack())
        b.deliver(b.msg_conn_confirm())

    def msg_init(self, port: str, order: Order = Order.UNORDERED, version: str = "") -> Message:
        counterparty = ChannelCounterparty(port, "")
        hops = (self.a.connection_id,)
        return MsgChannelOpenInit(
            port, Channel(ChannelState.INIT, order, counterparty, hops, version)
        )

    def open_channel(self, port: str) -> None:
        a, b = self.a, self.b
        a.channels[port] = a.deliver(self.msg_init(port)).value[0]  # type: ignore[index]
        counterparty = ChannelCounterparty(port, a.channels[port])
        end = Channel(ChannelState.TRYOPEN, Order.UNORDERED, counterparty, (b.connection_id,))
        proof = a.prove(paths.channel(port, a.channels[port]))
        attempt = MsgChannelOpenTry(port, end, VERSION, *proof)
        b.channels[port] = b.deliver(attempt).value[0]  # type: ignore[index]
        proof = b.prove(paths.channel(port, b.channels[port]))
        a.deliver(MsgChannelOpenAck(port, a.channels[port], b.channels[port], VERSION, *proof))
        proof = a.prove(paths.channel(port, a.channels[port]))
        b.deliver(MsgChannelOpenConfirm(port, b.channels[port], *proof))

    # --- transactions ---

    def calls(
        self, own: bytes, other: bytes, seller: Account | None = None
    ) -> tuple[ContractTransaction, ContractTransaction]:
        signs = seller or Account.on_channel(BOB, self.a.end(AUTH_PORT))
        return (
            ContractTransaction(AnyMessage.pack(SELF), (Account.local(ALICE),), own),
            ContractTransaction(AnyMessage.pack(self.a.end(CROSS_PORT)), (signs,), other),
        )

    def msg(
        self, own: bytes = PAY, other: bytes = TRANSFER, seller: Account | None = None
    ) -> MsgInitiateTx:
        return MsgInitiateTx(
            "A",
            7,
            CommitProtocol.SIMPLE,
            self.calls(own, other, seller),
            (Account.local(ALICE),),
            timeout_timestamp=EXPIRES,
        )

    def start(self, own: bytes = PAY, other: bytes = TRANSFER) -> bytes:
        msg = self.msg(own, other)
        self.a.do(msg)
        return msg.tx_id

    def sign(self, tx_id: bytes, signer: bytes = BOB, port: str = AUTH_PORT) -> Packet:
        xcc = AnyMessage.pack(self.b.end(port))
        self.b.do(MsgIBCSignTx(xcc, tx_id, (signer,), NEVER))
        return self.b.sent()[-1]

    def started_call(self, own: bytes = PAY, other: bytes = TRANSFER) -> tuple[bytes, Packet]:
        """A transaction that is signed, and its call on the way to B."""
        tx_id = self.start(own, other)
        self.receive(self.a, self.sign(tx_id))
        return tx_id, self.a.sent()[-1]

    def stage(self, tx_id: bytes) -> Stage:
        return tx_status(self.a.store, self.a.context.now, tx_id).stage

    # --- the relayer ---

    def receive(self, target: CrossChain, packet: Packet) -> Delivery:
        path = paths.packet_commitment(packet.source_port, packet.source_channel, packet.sequence)
        return target.deliver(MsgRecvPacket(packet, *target.other.prove(path)))

    def acknowledge(self, source: CrossChain, packet: Packet, ack: bytes | None = None) -> Delivery:
        target = self.b if source is self.a else self.a
        ack = target.ack_of(packet) if ack is None else ack
        place = (packet.destination_port, packet.destination_channel, packet.sequence)
        proof = target.prove(paths.packet_acknowledgement(*place))
        return source.deliver(MsgAcknowledgement(packet, ack, *proof))

    def time_out(self, source: CrossChain, packet: Packet, seconds: int = 1) -> Delivery:
        height = source.other.advance(seconds)
        return source.deliver(MsgTimeout(packet, self._absence(source, packet, height), height))

    def time_out_on_close(self, source: CrossChain, packet: Packet) -> Delivery:
        height = source.other.advance()
        channel = paths.channel(packet.destination_port, packet.destination_channel)
        closed = source.other.prove_at(height, channel)
        absence = self._absence(source, packet, height)
        return source.deliver(MsgTimeoutOnClose(packet, absence, closed, height))

    @staticmethod
    def _absence(source: CrossChain, packet: Packet, height: Height) -> bytes:
        place = (packet.destination_port, packet.destination_channel, packet.sequence)
        return source.other.prove_at(height, paths.packet_receipt(*place))

    def close(self, chain: CrossChain, port: str) -> None:
        """What a module that allows it would do; ours doesn't."""
        path = paths.channel(port, chain.channels[port])
        end = Channel.decode_strict(chain.store.values[path])
        closed = Channel(
            ChannelState.CLOSED, end.ordering, end.counterparty, end.connection_hops, end.version
        )
        chain.store.set(path, closed.encode())


def succeeded(delivery: Delivery) -> bool:
    return delivery.result is ResultType.SUCCESS
