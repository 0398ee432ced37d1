"""Channel ends and the messages that open and close them (ibc.core.channel.v1)."""

import dataclasses
from enum import IntEnum
from typing import Annotated, ClassVar

from corda_sim.ibc.client.height import Height
from corda_sim.ibc.protobuf import Field, Message


class ChannelState(IntEnum):
    """ibc.core.channel.v1.State; the states of channel upgrades are left out."""

    UNINITIALIZED = 0
    INIT = 1
    TRYOPEN = 2
    OPEN = 3
    CLOSED = 4


class Order(IntEnum):
    """ibc.core.channel.v1.Order."""

    NONE = 0
    UNORDERED = 1
    ORDERED = 2

    @property
    def feature(self) -> str:
        """What a connection's version calls it."""
        return f"ORDER_{self.name}"


@dataclasses.dataclass(frozen=True, slots=True)
class ChannelCounterparty(Message):
    """The other end of a channel."""

    port_id: Annotated[str, Field(1)] = ""
    channel_id: Annotated[str, Field(2)] = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Channel(Message):
    """This end of a channel."""

    state: Annotated[ChannelState, Field(1)] = ChannelState.UNINITIALIZED
    ordering: Annotated[Order, Field(2)] = Order.NONE
    counterparty: Annotated[ChannelCounterparty, Field(3)] = ChannelCounterparty()
    connection_hops: Annotated[tuple[str, ...], Field(4)] = ()
    version: Annotated[str, Field(5)] = ""
    upgrade_sequence: Annotated[int, Field(6)] = 0


@dataclasses.dataclass(frozen=True, slots=True)
class MsgChannelOpenInit(Message):
    """Ask for a channel."""

    TYPE_URL: ClassVar[str] = "/ibc.core.channel.v1.MsgChannelOpenInit"
    port_id: Annotated[str, Field(1)]
    channel: Annotated[Channel, Field(2)]
    signer: Annotated[str, Field(3)] = ""


@dataclasses.dataclass(frozen=True, slots=True)
class MsgChannelOpenTry(Message):
    """Answer a channel that was asked for on the other chain."""

    TYPE_URL: ClassVar[str] = "/ibc.core.channel.v1.MsgChannelOpenTry"
    port_id: Annotated[str, Field(1)]
    channel: Annotated[Channel, Field(3)]
    counterparty_version: Annotated[str, Field(4)]
    proof_init: Annotated[bytes, Field(5)]
    proof_height: Annotated[Height, Field(6)]
    previous_channel_id: Annotated[str, Field(2)] = ""
    signer: Annotated[str, Field(7)] = ""


@dataclasses.dataclass(frozen=True, slots=True)
class MsgChannelOpenAck(Message):
    """Open this end: the other chain has answered."""

    TYPE_URL: ClassVar[str] = "/ibc.core.channel.v1.MsgChannelOpenAck"
    port_id: Annotated[str, Field(1)]
    channel_id: Annotated[str, Field(2)]
    counterparty_channel_id: Annotated[str, Field(3)]
    counterparty_version: Annotated[str, Field(4)]
    proof_try: Annotated[bytes, Field(5)]
    proof_height: Annotated[Height, Field(6)]
    signer: Annotated[str, Field(7)] = ""


@dataclasses.dataclass(frozen=True, slots=True)
class MsgChannelOpenConfirm(Message):
    """Open this end: the other chain has opened its own."""

    TYPE_URL: ClassVar[str] = "/ibc.core.channel.v1.MsgChannelOpenConfirm"
    port_id: Annotated[str, Field(1)]
    channel_id: Annotated[str, Field(2)]
    proof_ack: Annotated[bytes, Field(3)]
    proof_height: Annotated[Height, Field(4)]
    signer: Annotated[str, Field(5)] = ""


@dataclasses.dataclass(frozen=True, slots=True)
class MsgChannelCloseInit(Message):
    """Close this end."""

    TYPE_URL: ClassVar[str] = "/ibc.core.channel.v1.MsgChannelCloseInit"
    port_id: Annotated[str, Field(1)]
    channel_id: Annotated[str, Field(2)]
    signer: Annotated[str, Field(3)] = ""


@dataclasses.dataclass(frozen=True, slots=True)
class MsgChannelCloseConfirm(Message):
    """Close this end: the other chain has closed its own."""

    TYPE_URL: ClassVar[str] = "/ibc.core.channel.v1.MsgChannelCloseConfirm"
    port_id: Annotated[str, Field(1)]
    channel_id: Annotated[str, Field(2)]
    proof_init: Annotated[bytes, Field(3)]
    proof_height: Annotated[Height, Field(4)]
    signer: Annotated[str, Field(5)] = ""
