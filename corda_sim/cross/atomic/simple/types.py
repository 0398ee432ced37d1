"""Messages of cross.core.atomic.simple."""

import dataclasses
from enum import IntEnum
from typing import Annotated, ClassVar

from corda_sim.cross.tx.types import ResolvedContractTransaction
from corda_sim.ibc.protobuf import Field, Message

COORDINATOR, PARTICIPANT = 0, 1
"""The calls' indices."""


@dataclasses.dataclass(frozen=True, slots=True)
class PacketDataCall(Message):
    """The participant's call."""

    TYPE_URL: ClassVar[str] = "/cross.core.atomic.simple.PacketDataCall"
    tx_id: Annotated[bytes, Field(1)]
    tx: Annotated[ResolvedContractTransaction, Field(2)]


class CommitStatus(IntEnum):
    """What the participant has done."""

    UNKNOWN = 0
    OK = 1
    FAILED = 2


@dataclasses.dataclass(frozen=True, slots=True)
class PacketAcknowledgementCall(Message):
    """Whether the participant has committed; final for him."""

    TYPE_URL: ClassVar[str] = "/cross.core.atomic.simple.PacketAcknowledgementCall"
    status: Annotated[CommitStatus, Field(1)] = CommitStatus.UNKNOWN
