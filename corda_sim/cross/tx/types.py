"""Messages of cross.core.tx."""

import dataclasses
from enum import IntEnum
from typing import Annotated, ClassVar

from corda_sim.core.crypto.hashes import sha256
from corda_sim.cross.auth.types import Account
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import ZERO_HEIGHT, Height
from corda_sim.ibc.protobuf import Field, Message


class CommitProtocol(IntEnum):
    """How the chains agree."""

    UNKNOWN = 0
    SIMPLE = 1
    TPC = 2


@dataclasses.dataclass(frozen=True, slots=True)
class ReturnValue(Message):
    """What a call must return."""

    value: Annotated[bytes, Field(1)] = b""


@dataclasses.dataclass(frozen=True, slots=True)
class ResolvedContractTransaction(Message):
    """One call of a transaction, with the results of the calls that it links to."""

    cross_chain_channel: Annotated[AnyMessage | None, Field(1)] = None
    signers: Annotated[tuple[Account, ...], Field(2)] = ()
    call_info: Annotated[bytes, Field(3)] = b""
    return_value: Annotated[ReturnValue | None, Field(4)] = None
    call_results: Annotated[tuple[AnyMessage, ...], Field(5)] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Tx(Message):
    """A transaction; the time-out is this chain's height, and seconds since 1970."""

    id: Annotated[bytes, Field(1)]
    commit_protocol: Annotated[CommitProtocol, Field(2)]
    contract_transactions: Annotated[tuple[ResolvedContractTransaction, ...], Field(3)]
    timeout_height: Annotated[Height, Field(4)] = ZERO_HEIGHT
    timeout_timestamp: Annotated[int, Field(5)] = 0


@dataclasses.dataclass(frozen=True, slots=True)
class ConstantValueCallResult(Message):
    """What a call will return; ``k`` is its ``call_key``, the chain named as its caller does."""

    TYPE_URL: ClassVar[str] = "/cross.core.tx.ConstantValueCallResult"
    cross_chain_channel: Annotated[AnyMessage, Field(1)]
    k: Annotated[bytes, Field(2)]
    v: Annotated[bytes, Field(3)]


def call_key(call_info: bytes, signers: tuple[Account, ...]) -> bytes:
    """What identifies a call among others (MakeObjectKey): 32 bytes."""
    return sha256(call_info + b"".join(signer.encode() for signer in signers))


def declared(value: ReturnValue | None) -> bytes | None:
    """What a call must return, or None for anything.

    An empty value counts as none: Solidity's encoder always writes the field.
    """
    return value.value if value is not None and value.value else None


@dataclasses.dataclass(frozen=True, slots=True)
class EventAttribute(Message):
    """tendermint.abci.EventAttribute."""

    key: Annotated[bytes, Field(1)] = b""
    value: Annotated[bytes, Field(2)] = b""
    index: Annotated[bool, Field(3)] = False


@dataclasses.dataclass(frozen=True, slots=True)
class AbciEvent(Message):
    """tendermint.abci.Event."""

    type: Annotated[str, Field(1)] = ""
    attributes: Annotated[tuple[EventAttribute, ...], Field(2)] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class ContractCallResult(Message):
    """What a contract answers a call with."""

    data: Annotated[bytes, Field(1)] = b""
    events: Annotated[tuple[AbciEvent, ...], Field(2)] = ()
