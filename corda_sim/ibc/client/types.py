"""Messages of ICS-02 (ibc.core.client.v1)."""

import dataclasses
from typing import Annotated, ClassVar

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.protobuf import Field, Message


@dataclasses.dataclass(frozen=True, slots=True)
class MsgCreateClient(Message):
    """Make a client from an initial client state and consensus state."""

    TYPE_URL: ClassVar[str] = "/ibc.core.client.v1.MsgCreateClient"
    client_state: Annotated[AnyMessage, Field(1)]
    consensus_state: Annotated[AnyMessage, Field(2)]
    signer: Annotated[str, Field(3)] = ""


@dataclasses.dataclass(frozen=True, slots=True)
class MsgUpdateClient(Message):
    """Feed a client a header, misbehaviour, or another message of its type."""

    TYPE_URL: ClassVar[str] = "/ibc.core.client.v1.MsgUpdateClient"
    client_id: Annotated[str, Field(1)]
    client_message: Annotated[AnyMessage, Field(2)]
    signer: Annotated[str, Field(3)] = ""
