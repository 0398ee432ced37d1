"""PacketData (bluele/interchain-simple-packet) and Acknowledgement (cross.core.types)."""

import dataclasses
from typing import Annotated

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.protobuf import Field, Message


@dataclasses.dataclass(frozen=True, slots=True)
class HeaderField(Message):
    """Something said beside the payload."""

    key: Annotated[str, Field(1)] = ""
    value: Annotated[bytes, Field(2)] = b""


@dataclasses.dataclass(frozen=True, slots=True)
class Header(Message):
    """What is said beside the payload; receivers ignore what they don't know."""

    fields: Annotated[tuple[HeaderField, ...], Field(1)] = ()

    def get(self, key: str) -> bytes | None:
        """The first value under a key, if there is one."""
        return next((field.value for field in self.fields if field.key == key), None)


NO_HEADER = Header()


@dataclasses.dataclass(frozen=True, slots=True)
class PacketData(Message):
    """What packets carry; PacketAcknowledgementData has the same form."""

    header: Annotated[Header, Field(1)]
    payload: Annotated[AnyMessage, Field(2)]

    @classmethod
    def of(cls, message: Message, header: Header = NO_HEADER) -> "PacketData":
        """A message in its envelope."""
        return cls(header, AnyMessage.pack(message))


@dataclasses.dataclass(frozen=True, slots=True)
class Acknowledgement(Message):
    """``result`` is an encoded PacketData; without success, an error's text."""

    is_success: Annotated[bool, Field(1)] = False
    result: Annotated[bytes, Field(2)] = b""
