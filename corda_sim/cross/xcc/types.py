"""The cross-chain channel of IBC (cross.core.xcc)."""

import dataclasses
from typing import Annotated, ClassVar

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.protobuf import Field, Message


@dataclasses.dataclass(frozen=True, slots=True)
class ChannelInfo(Message):
    """A channel's end as its own chain names it; both empty for the chain itself."""

    TYPE_URL: ClassVar[str] = "/cross.core.xcc.ChannelInfo"
    port: Annotated[str, Field(1)] = ""
    channel: Annotated[str, Field(2)] = ""


SELF = ChannelInfo()


@dataclasses.dataclass(frozen=True, slots=True)
class QuerySelfXCCResponse(Message):
    """The name of the chain itself, packed."""

    xcc: Annotated[AnyMessage | None, Field(1)] = None
