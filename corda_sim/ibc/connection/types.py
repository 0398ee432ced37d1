"""Connection ends and messages of ICS-03 (ibc.core.connection.v1)."""

import dataclasses
from enum import IntEnum
from typing import Annotated, ClassVar

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.commitment.prefix import NO_PREFIX, MerklePrefix
from corda_sim.ibc.protobuf import Field, Message


class ConnectionState(IntEnum):
    """ibc.core.connection.v1.State."""

    UNINITIALIZED = 0
    INIT = 1
    TRYOPEN = 2
    OPEN = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Version(Message):
    """A version of the connection protocol, with the channel orderings it supports."""

    identifier: Annotated[str, Field(1)] = ""
    features: Annotated[tuple[str, ...], Field(2)] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Counterparty(Message):
    """The other end of a connection."""

    client_id: Annotated[str, Field(1)] = ""
    connection_id: Annotated[str, Field(2)] = ""
    prefix: Annotated[MerklePrefix, Field(3)] = NO_PREFIX


@dataclasses.dataclass(frozen=True, slots=True)
class ConnectionEnd(Message):
    """This end of a connection; ``delay_period`` is in nanoseconds."""

    client_id: Annotated[str, Field(1)] = ""
    versions: Annotated[tuple[Version, ...], Field(2)] = ()
    state: Annotated[ConnectionState, Field(3)] = ConnectionState.UNINITIALIZED
    counterparty: Annotated[Counterparty, Field(4)] = Counterparty()
    delay_period: Annotated[int, Field(5)] = 0


@dataclasses.dataclass(frozen=True, slots=True)
class MsgConnectionOpenInit(Message):
    """Ask for a connection; without ``version`` all that are supported are offered."""

    TYPE_URL: ClassVar[str] = "/ibc.core.connection.v1.MsgConnectionOpenInit"
    client_id: Annotated[str, Field(1)]
    counterparty: Annotated[Counterparty, Field(2)]
    version: Annotated[Version | None, Field(3)] = None
    delay_period: Annotated[int, Field(4)] = 0
    signer: Annotated[str, Field(5)] = ""


@dataclasses.dataclass(frozen=True, slots=True)
class MsgConnectionOpenTry(Message):
    """Answer a connection that was asked for on the other chain."""

    TYPE_URL: ClassVar[str] = "/ibc.core.connection.v1.MsgConnectionOpenTry"
    client_id: Annotated[str, Field(1)]
    client_state: Annotated[AnyMessage, Field(3)]
    counterparty: Annotated[Counterparty, Field(4)]
    counterparty_versions: Annotated[tuple[Version, ...], Field(6)]
    proof_height: Annotated[Height, Field(7)]
    proof_init: Annotated[bytes, Field(8)]
    proof_client: Annotated[bytes, Field(9)]
    proof_consensus: Annotated[bytes, Field(10)]
    consensus_height: Annotated[Height, Field(11)]
    delay_period: Annotated[int, Field(5)] = 0
    previous_connection_id: Annotated[str, Field(2)] = ""
    signer: Annotated[str, Field(12)] = ""
    host_consensus_state_proof: Annotated[bytes, Field(13)] = b""


@dataclasses.dataclass(frozen=True, slots=True)
class MsgConnectionOpenAck(Message):
    """Open this end: the other chain has answered."""

    TYPE_URL: ClassVar[str] = "/ibc.core.connection.v1.MsgConnectionOpenAck"
    connection_id: Annotated[str, Field(1)]
    counterparty_connection_id: Annotated[str, Field(2)]
    version: Annotated[Version, Field(3)]
    client_state: Annotated[AnyMessage, Field(4)]
    proof_height: Annotated[Height, Field(5)]
    proof_try: Annotated[bytes, Field(6)]
    proof_client: Annotated[bytes, Field(7)]
    proof_consensus: Annotated[bytes, Field(8)]
    consensus_height: Annotated[Height, Field(9)]
    signer: Annotated[str, Field(10)] = ""
    host_consensus_state_proof: Annotated[bytes, Field(11)] = b""


@dataclasses.dataclass(frozen=True, slots=True)
class MsgConnectionOpenConfirm(Message):
    """Open this end: the other chain has opened its own."""

    TYPE_URL: ClassVar[str] = "/ibc.core.connection.v1.MsgConnectionOpenConfirm"
    connection_id: Annotated[str, Field(1)]
    proof_ack: Annotated[bytes, Field(2)]
    proof_height: Annotated[Height, Field(3)]
    signer: Annotated[str, Field(4)] = ""
