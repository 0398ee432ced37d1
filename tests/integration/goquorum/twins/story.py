"""What happens to the twins: each step is one message to both handlers."""

from collections.abc import Sequence
from dataclasses import replace

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import (
    MsgAcknowledgement,
    MsgRecvPacket,
    MsgTimeout,
    MsgTimeoutOnClose,
    Packet,
    commit_acknowledgement,
)
from corda_sim.ibc.channel.sending import SendPacket
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
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.types import MsgCreateClient, MsgUpdateClient
from corda_sim.ibc.commitment.prefix import IBC_PREFIX
from corda_sim.ibc.connection.types import (
    ConnectionEnd,
    ConnectionState,
    Counterparty,
    MsgConnectionOpenAck,
    MsgConnectionOpenConfirm,
    MsgConnectionOpenInit,
    MsgConnectionOpenTry,
    Version,
)
from corda_sim.ibc.connection.versions import COMPATIBLE_VERSIONS
from corda_sim.ibc.host import paths
from tests.integration.goquorum.twins.client import CLIENT_URL, consensus, proof
from tests.integration.goquorum.twins.pair import PORT, SECOND, Twins

HEIGHT = Height(0, 5)
CONSENSUS_HEIGHT = Height(0, 3)
NEVER = Height(0, 2**64 - 1)
THEIR_CLIENT, THEIR_CONNECTION, THEIR_CHANNEL = "corda-0000", "connection-7", "channel-9"
SELF_STATE = AnyMessage("/self.ClientState", b"state of us")
SELF_CONSENSUS = AnyMessage("/self.ConsensusState", b"consensus of us")
FULL = COMPATIBLE_VERSIONS[0]


class Story:
    """Steps, told by their names; one about a packet does nothing before there is one."""

    def __init__(self, twins: Twins) -> None:
        self.twins = twins
        self.sent: list[Packet] = []
        self.received: list[Packet] = []

    def begin(self, opened: int) -> None:
        """Start with a client, an open connection, an open channel: as many of these as drawn."""
        if opened > 0:
            self.create_client(5, 1000)
        if opened > 1:
            self.connection_try(0, (FULL,), HEIGHT, honest=True)
            self.connection_confirm(0, HEIGHT, honest=True)
        if opened > 2:
            self.channel_try(PORT, 0, Order.UNORDERED, HEIGHT, honest=True)
            self.channel_confirm(0, HEIGHT, honest=True)

    def prove(self, height: Height, path: str, value: bytes | None, *, honest: bool) -> bytes:
        made = proof(height, IBC_PREFIX.key_prefix, path, value)
        return made if honest else bytes(32)

    # --- clients ---

    def create_client(self, height: int, timestamp: int) -> None:
        state = AnyMessage(CLIENT_URL, b"client state")
        self.twins.deliver(MsgCreateClient(state, consensus(Height(0, height), timestamp)))

    def update_client(self, client: int, height: int, timestamp: int) -> None:
        state = consensus(Height(0, height), timestamp * 500)
        self.twins.deliver(MsgUpdateClient(f"mock-client-{client}", state))

    # --- connections ---

    def connection_init(self, client: int, version: Version | None) -> None:
        other = Counterparty(THEIR_CLIENT, "", IBC_PREFIX)
        self.twins.deliver(MsgConnectionOpenInit(f"mock-client-{client}", other, version))

    def connection_try(
        self, client: int, offered: tuple[Version, ...], at: Height, *, honest: bool
    ) -> None:
        ours = f"mock-client-{client}"
        theirs = ConnectionEnd(
            THEIR_CLIENT, offered, ConnectionState.INIT, Counterparty(ours, "", IBC_PREFIX)
        )
        path = paths.connection(THEIR_CONNECTION)
        msg = MsgConnectionOpenTry(
            ours,
            SELF_STATE,
            Counterparty(THEIR_CLIENT, THEIR_CONNECTION, IBC_PREFIX),
            offered,
            at,
            self.prove(at, path, theirs.encode(), honest=honest),
            *self._self_proofs(at),
            CONSENSUS_HEIGHT,
            host_consensus_state_proof=SELF_CONSENSUS.encode(),
        )
        self.twins.deliver(msg)

    def connection_ack(
        self, connection: int, version: Version, at: Height, *, honest: bool
    ) -> None:
        ours = f"connection-{connection}"
        theirs = self._their_connection(ours, ConnectionState.TRYOPEN, (version,))
        path = paths.connection(THEIR_CONNECTION)
        msg = MsgConnectionOpenAck(
            ours,
            THEIR_CONNECTION,
            version,
            SELF_STATE,
            at,
            self.prove(at, path, theirs.encode(), honest=honest),
            *self._self_proofs(at),
            CONSENSUS_HEIGHT,
            host_consensus_state_proof=SELF_CONSENSUS.encode(),
        )
        self.twins.deliver(msg)

    def connection_confirm(self, connection: int, at: Height, *, honest: bool) -> None:
        ours = f"connection-{connection}"
        theirs = self._their_connection(ours, ConnectionState.OPEN, None)
        path = paths.connection(THEIR_CONNECTION)
        made = self.prove(at, path, theirs.encode(), honest=honest)
        self.twins.deliver(MsgConnectionOpenConfirm(ours, made, at))

    def _self_proofs(self, at: Height) -> tuple[bytes, bytes]:
        state = paths.client_state(THEIR_CLIENT)
        seen = paths.consensus_state(THEIR_CLIENT, CONSENSUS_HEIGHT)
        return (
            self.prove(at, state, SELF_STATE.encode(), honest=True),
            self.prove(at, seen, SELF_CONSENSUS.encode(), honest=True),
        )

    def _their_connection(
        self, ours: str, state: ConnectionState, agreed: tuple[Version, ...] | None
    ) -> ConnectionEnd:
        stored = self.twins.store.get(paths.connection(ours))
        end = ConnectionEnd() if stored is None else ConnectionEnd.decode_strict(stored)
        other = Counterparty(end.client_id, ours, IBC_PREFIX)
        return ConnectionEnd(
            THEIR_CLIENT, end.versions if agreed is None else agreed, state, other, end.delay_period
        )

    # --- channels ---

    def channel_init(self, port: str, connection: int, order: Order, version: str) -> None:
        hops = (f"connection-{connection}",)
        end = Channel(ChannelState.INIT, order, ChannelCounterparty("theirs", ""), hops, version)
        self.twins.deliver(MsgChannelOpenInit(port, end))

    def channel_try(
        self, port: str, connection: int, order: Order, at: Height, *, honest: bool
    ) -> None:
        hops = (f"connection-{connection}",)
        other = ChannelCounterparty("theirs", THEIR_CHANNEL)
        theirs = Channel(
            ChannelState.INIT, order, ChannelCounterparty(port, ""), self._their_hops(hops), "v1"
        )
        made = self.prove(at, self._their_path(), theirs.encode(), honest=honest)
        end = Channel(ChannelState.TRYOPEN, order, other, hops)
        self.twins.deliver(MsgChannelOpenTry(port, end, "v1", made, at))

    def channel_ack(self, channel: int, version: str, at: Height, *, honest: bool) -> None:
        ours = f"channel-{channel}"
        theirs = replace(self._their_channel(ours, ChannelState.TRYOPEN), version=version)
        made = self.prove(at, self._their_path(), theirs.encode(), honest=honest)
        self.twins.deliver(MsgChannelOpenAck(PORT, ours, THEIR_CHANNEL, version, made, at))

    def channel_confirm(self, channel: int, at: Height, *, honest: bool) -> None:
        ours = f"channel-{channel}"
        theirs = self._their_channel(ours, ChannelState.OPEN)
        made = self.prove(at, self._their_path(), theirs.encode(), honest=honest)
        self.twins.deliver(MsgChannelOpenConfirm(PORT, ours, made, at))

    def channel_close_init(self, channel: int) -> None:
        self.twins.deliver(MsgChannelCloseInit(PORT, f"channel-{channel}"))

    def channel_close_confirm(self, channel: int, at: Height, *, honest: bool) -> None:
        ours = f"channel-{channel}"
        theirs = self._their_channel(ours, ChannelState.CLOSED)
        made = self.prove(at, self._their_path(), theirs.encode(), honest=honest)
        self.twins.deliver(MsgChannelCloseConfirm(PORT, ours, made, at))

    def _our_channel(self, ours: str) -> Channel:
        stored = self.twins.store.get(paths.channel(PORT, ours))
        return Channel() if stored is None else Channel.decode_strict(stored)

    def _their_hops(self, hops: Sequence[str]) -> tuple[str, ...]:
        stored = self.twins.store.get(paths.connection(hops[0])) if hops else None
        end = ConnectionEnd() if stored is None else ConnectionEnd.decode_strict(stored)
        return (end.counterparty.connection_id,)

    def _their_channel(self, ours: str, state: ChannelState) -> Channel:
        end = self._our_channel(ours)
        hops = self._their_hops(end.connection_hops)
        return Channel(state, end.ordering, ChannelCounterparty(PORT, ours), hops, end.version)

    def _their_path(self) -> str:
        return paths.channel("theirs", THEIR_CHANNEL)

    # --- packets ---

    def send(self, channel: int, content: bytes, blocks: int | None, seconds: int | None) -> None:
        # A time-out is judged by what the client knows of the other chain.
        height = Height() if blocks is None else Height(0, max(0, 8 + blocks))
        timestamp = 0 if seconds is None else 1000 + max(seconds, -999)
        msg = SendPacket(PORT, f"channel-{channel}", content, height, timestamp)
        made = self.twins.send(msg)
        if made is not None:
            self.sent.append(made)

    def receive(
        self,
        channel: int,
        sequence: int,
        content: bytes,
        blocks: int | None,
        seconds: int | None,
        at: Height,
        *,
        honest: bool,
    ) -> None:
        twins = self.twins
        # The receiving handler leaves it to the sending one that there is a time-out at all.
        never = Height() if seconds else NEVER
        height = never if blocks is None else Height(0, twins.block + blocks)
        timestamp = 0 if seconds is None else (twins.seconds + seconds) * SECOND
        theirs, ours = ("theirs", THEIR_CHANNEL), (PORT, f"channel-{channel}")
        packet = Packet(sequence, *theirs, *ours, content, height, timestamp)
        self._receive(packet, at, honest=honest)

    def receive_again(self, packet: int, *, honest: bool) -> None:
        if not self.received:
            return
        self._receive(self.received[packet % len(self.received)], HEIGHT, honest=honest)

    def _receive(self, packet: Packet, at: Height, *, honest: bool) -> None:
        path = paths.packet_commitment("theirs", THEIR_CHANNEL, packet.sequence)
        made = self.prove(at, path, packet.commitment, honest=honest)
        if self.twins.deliver(MsgRecvPacket(packet, made, at)):
            self.received.append(packet)

    def acknowledge_later(self, packet: int, content: bytes) -> None:
        if not self.received:
            return
        chosen = self.received[packet % len(self.received)]
        self.twins.write_acknowledgement(chosen, content)

    def acknowledge(
        self, packet: int, content: bytes, at: Height, *, unaltered: bool, honest: bool
    ) -> None:
        if not self.sent:
            return
        chosen = self._chosen(packet, unaltered=unaltered)
        path = paths.packet_acknowledgement("theirs", THEIR_CHANNEL, chosen.sequence)
        made = self.prove(at, path, commit_acknowledgement(content), honest=honest)
        self.twins.deliver(MsgAcknowledgement(chosen, content, made, at))

    def time_out(self, packet: int, height: int, *, unaltered: bool, honest: bool) -> None:
        if not self.sent:
            return
        at = Height(0, height)
        chosen = self._chosen(packet, unaltered=unaltered)
        made = self.prove(at, self._receipt(chosen), None, honest=honest)
        self.twins.deliver(MsgTimeout(chosen, made, at))

    def time_out_on_close(
        self, packet: int, at: Height, *, unaltered: bool, honest: bool, closed: bool
    ) -> None:
        if not self.sent:
            return
        chosen = self._chosen(packet, unaltered=unaltered)
        state = ChannelState.CLOSED if closed else ChannelState.OPEN
        theirs = self._their_channel(chosen.source_channel, state).encode()
        close = self.prove(at, self._their_path(), theirs, honest=True)
        made = self.prove(at, self._receipt(chosen), None, honest=honest)
        self.twins.deliver(MsgTimeoutOnClose(chosen, made, close, at))

    def _chosen(self, number: int, *, unaltered: bool) -> Packet:
        chosen = self.sent[number % len(self.sent)]
        return chosen if unaltered else replace(chosen, data=chosen.data + b"!")

    @staticmethod
    def _receipt(packet: Packet) -> str:
        return paths.packet_receipt("theirs", THEIR_CHANNEL, packet.sequence)
