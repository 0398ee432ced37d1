"""google.protobuf.Any: a message with its type's URL."""

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Self, TypeVar

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.errors import FeatureLater
from corda_sim.ibc.protobuf import Field, Message

M = TypeVar("M", bound=Message)


@dataclasses.dataclass(frozen=True, slots=True)
class AnyMessage(Message):
    """``{1 type_url, 2 value}``; URLs start with one slash, as Cosmos writes them."""

    type_url: Annotated[str, Field(1)] = ""
    value: Annotated[bytes, Field(2)] = b""

    @classmethod
    def pack(cls, message: Message) -> Self:
        """The message with its URL."""
        return cls(message.TYPE_URL, message.encode())

    def unpack(self, expected: type[M]) -> M:
        """The message inside. Raises: DecodeError for another type or malformed bytes."""
        if self.type_url != expected.TYPE_URL:
            raise DecodeError(f"an Any of {self.type_url!r}, not {expected.TYPE_URL}")
        return expected.decode(self.value)

    def unpack_known(self, kinds: Mapping[str, type[Message]]) -> Message:
        """The message inside, of one of these kinds by URL, in the one encoding that it has.

        Raises: DecodeError; FeatureLater for another kind.
        """
        kind = kinds.get(self.type_url)
        if kind is None:
            raise FeatureLater(f"{self.type_url!r} is not supported")
        return kind.decode_strict(self.value)


def pack(message: Message) -> bytes:
    """The encoded Any of a message."""
    return AnyMessage.pack(message).encode()


def unpack(data: bytes, expected: type[M]) -> M:
    """The message inside an encoded Any. Raises: DecodeError."""
    return AnyMessage.decode(data).unpack(expected)
