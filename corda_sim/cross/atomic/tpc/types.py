"""Messages of cross.core.atomic.tpc."""

import dataclasses
from enum import IntEnum
from typing import Annotated, ClassVar

from corda_sim.cross.atomic.types import PrepareResult
from corda_sim.cross.tx.types import ResolvedContractTransaction
from corda_sim.ibc.protobuf import Field, Message


@dataclasses.dataclass(frozen=True, slots=True)
class PacketDataPrepare(Message):
    """Prepare a call."""

    TYPE_URL: ClassVar[str] = "/cross.core.atomic.tpc.PacketDataPrepare"
    tx_id: Annotated[bytes, Field(1)]
    tx_index: Annotated[int, Field(2, bits=32)]
    tx: Annotated[ResolvedContractTransaction, Field(3)]


@dataclasses.dataclass(frozen=True, slots=True)
class PacketAcknowledgementPrepare(Message):
    """Whether it is prepared."""

    TYPE_URL: ClassVar[str] = "/cross.core.atomic.tpc.PacketAcknowledgementPrepare"
    result: Annotated[PrepareResult, Field(1)] = PrepareResult.UNKNOWN


@dataclasses.dataclass(frozen=True, slots=True)
class PacketDataCommit(Message):
    """Commit a prepared call, or abort it."""

    TYPE_URL: ClassVar[str] = "/cross.core.atomic.tpc.PacketDataCommit"
    tx_id: Annotated[bytes, Field(1)]
    tx_index: Annotated[int, Field(2, bits=32)]
    is_committable: Annotated[bool, Field(3)]


class CommitStatus(IntEnum):
    """Whether a participant has done as he was told."""

    UNKNOWN = 0
    OK = 1
    FAILED = 2


@dataclasses.dataclass(frozen=True, slots=True)
class PacketAcknowledgementCommit(Message):
    """What came of it."""

    TYPE_URL: ClassVar[str] = "/cross.core.atomic.tpc.PacketAcknowledgementCommit"
    status: Annotated[CommitStatus, Field(1)] = CommitStatus.UNKNOWN
    error_message: Annotated[str, Field(2)] = ""
