"""Acknowledgements (ibc-go modules/core/04-channel/types/acknowledgement.go)."""

import base64
import json
from dataclasses import dataclass
from typing import Protocol

_ESCAPES = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}


class AcknowledgementLike(Protocol):
    """What a module answers a packet with."""

    @property
    def success(self) -> bool:
        """Whether what the module wrote stays."""

    def encode(self) -> bytes:
        """The bytes that are committed to and relayed."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A result or an error, in ibc-go's JSON."""

    result: bytes | None = None
    error: str | None = None

    @classmethod
    def of_error(cls, code: int) -> "Acknowledgement":
        """An error, of which only the ABCI code is told: its text may differ between nodes."""
        return cls(error=f"ABCI code: {code}: error handling packet: see events for details")

    @property
    def success(self) -> bool:
        """Whether this is a result."""
        return self.error is None

    def encode(self) -> bytes:
        """Compact JSON with the escapes of Go's encoder."""
        if self.error is not None:
            content = {"error": self.error}
        else:
            content = {"result": base64.b64encode(self.result or b"").decode()}
        text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
        return "".join(_ESCAPES.get(char, char) for char in text).encode()


@dataclass(frozen=True, slots=True)
class RawAcknowledgement:
    """Bytes of an application's own, such as Cross's protobuf."""

    data: bytes
    success: bool = True

    def encode(self) -> bytes:
        """The bytes."""
        return self.data
