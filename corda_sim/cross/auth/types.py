"""Accounts, and the messages and packets by which they sign (cross.core.auth)."""

import dataclasses
from enum import IntEnum
from typing import Annotated, ClassVar

from corda_sim.cross.xcc.types import ChannelInfo
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import ZERO_HEIGHT, Height
from corda_sim.ibc.protobuf import Field, Message


class AuthMode(IntEnum):
    """How an account's signature is known."""

    UNSPECIFIED = 0
    LOCAL = 1
    CHANNEL = 2
    EXTENSION = 3


@dataclasses.dataclass(frozen=True, slots=True)
class AuthType(Message):
    """``option`` is the channel by which a CHANNEL account signs, as the coordinator names it."""

    mode: Annotated[AuthMode, Field(1)] = AuthMode.UNSPECIFIED
    option: Annotated[AnyMessage | None, Field(2)] = None


@dataclasses.dataclass(frozen=True, slots=True)
class Account(Message):
    """Somebody, and how he signs; two are the same when their encodings are."""

    id: Annotated[bytes, Field(1)]
    auth_type: Annotated[AuthType, Field(2)]

    @classmethod
    def local(cls, account_id: bytes) -> "Account":
        """An account of the coordinator's chain."""
        return cls(account_id, AuthType(AuthMode.LOCAL))

    @classmethod
    def on_channel(cls, account_id: bytes, channel: ChannelInfo) -> "Account":
        """An account of another chain; ``channel`` is the coordinator's end."""
        return cls(account_id, AuthType(AuthMode.CHANNEL, AnyMessage.pack(channel)))


@dataclasses.dataclass(frozen=True, slots=True)
class TxAuthState(Message):
    """Who has still to sign."""

    remaining_signers: Annotated[tuple[Account, ...], Field(1)] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class MsgSignTx(Message):
    """LOCAL accounts sign."""

    TYPE_URL: ClassVar[str] = "/cross.core.auth.MsgSignTx"
    tx_id: Annotated[bytes, Field(1)]
    signers: Annotated[tuple[bytes, ...], Field(2)]
    timeout_height: Annotated[Height, Field(3)] = ZERO_HEIGHT
    timeout_timestamp: Annotated[int, Field(4)] = 0


@dataclasses.dataclass(frozen=True, slots=True)
class MsgSignTxResponse(Message):
    """``log`` says why a complete transaction didn't run."""

    tx_auth_completed: Annotated[bool, Field(1)] = False
    log: Annotated[str, Field(2)] = ""


@dataclasses.dataclass(frozen=True, slots=True)
class MsgIBCSignTx(Message):
    """Accounts of this chain sign a transaction of another one; time-out as in a packet."""

    TYPE_URL: ClassVar[str] = "/cross.core.auth.MsgIBCSignTx"
    cross_chain_channel: Annotated[AnyMessage | None, Field(1)]
    tx_id: Annotated[bytes, Field(2)]
    signers: Annotated[tuple[bytes, ...], Field(3)]
    timeout_height: Annotated[Height, Field(4)] = ZERO_HEIGHT
    timeout_timestamp: Annotated[int, Field(5)] = 0


@dataclasses.dataclass(frozen=True, slots=True)
class MsgExtSignTx(Message):
    """EXTENSION accounts sign."""

    TYPE_URL: ClassVar[str] = "/cross.core.auth.MsgExtSignTx"
    tx_id: Annotated[bytes, Field(1)]
    signers: Annotated[tuple[Account, ...], Field(2)]


@dataclasses.dataclass(frozen=True, slots=True)
class PacketDataIBCSignTx(Message):
    """What MsgIBCSignTx tells the coordinator."""

    TYPE_URL: ClassVar[str] = "/cross.core.auth.PacketDataIBCSignTx"
    tx_id: Annotated[bytes, Field(1)]
    signers: Annotated[tuple[bytes, ...], Field(2)]
    timeout_height: Annotated[Height, Field(3)] = ZERO_HEIGHT
    timeout_timestamp: Annotated[int, Field(4)] = 0


class SignStatus(IntEnum):
    """cross.core.auth.IBCSignTxStatus."""

    UNKNOWN = 0
    OK = 1
    FAILED = 2


@dataclasses.dataclass(frozen=True, slots=True)
class PacketAcknowledgementIBCSignTx(Message):
    """Whether the coordinator has taken the signatures."""

    TYPE_URL: ClassVar[str] = "/cross.core.auth.PacketAcknowledgementIBCSignTx"
    status: Annotated[SignStatus, Field(1)] = SignStatus.UNKNOWN
