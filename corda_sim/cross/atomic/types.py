"""What coordinator and participant remember of a transaction (cross.core.atomic)."""

import dataclasses
from enum import IntEnum
from typing import Annotated

from corda_sim.cross.tx.types import CommitProtocol
from corda_sim.cross.xcc.types import SELF, ChannelInfo
from corda_sim.ibc.protobuf import Field, Message


class CoordinatorPhase(IntEnum):
    """Where the coordinator is."""

    UNKNOWN = 0
    PREPARE = 1
    COMMIT = 2


class CoordinatorDecision(IntEnum):
    """What it has decided."""

    UNKNOWN = 0
    COMMIT = 1
    ABORT = 2


class PrepareResult(IntEnum):
    """What a call's preparation came to."""

    UNKNOWN = 0
    OK = 1
    FAILED = 2


class ContractTransactionStatus(IntEnum):
    """Where one call is."""

    UNKNOWN = 0
    PREPARE = 1
    COMMIT = 2
    ABORT = 3


@dataclasses.dataclass(frozen=True, slots=True)
class CoordinatorState(Message):
    """The coordinator's view; indices are those of the calls that answered."""

    type: Annotated[CommitProtocol, Field(1)]
    channels: Annotated[tuple[ChannelInfo, ...], Field(2)]
    phase: Annotated[CoordinatorPhase, Field(3)]
    decision: Annotated[CoordinatorDecision, Field(4)] = CoordinatorDecision.UNKNOWN
    confirmed_txs: Annotated[tuple[int, ...], Field(5, bits=32)] = ()
    acks: Annotated[tuple[int, ...], Field(6, bits=32)] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class ContractTransactionState(Message):
    """One call; ``coordinator_channel`` is this chain's end, empty at the coordinator."""

    status: Annotated[ContractTransactionStatus, Field(1)]
    prepare_result: Annotated[PrepareResult, Field(2)]
    coordinator_channel: Annotated[ChannelInfo, Field(3)] = SELF
