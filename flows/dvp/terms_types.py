"""How values stand in a terms file: as text that every tool keeps exactly."""

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.crypto import decode_public_key
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import CordaError
from corda_sim.core.identity import CordaX500Name, Party

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def _read_hex(value: object) -> bytes:
    return value if isinstance(value, bytes) else bytes.fromhex(str(value))


def _read_address(value: object) -> bytes:
    if isinstance(value, bytes) and len(value) == 20:
        return value
    if not _ADDRESS.fullmatch(str(value)):
        raise ValueError(f"{value!r} isn't 0x and 40 hexadecimal digits")
    return bytes.fromhex(str(value)[2:])


def _read_key(value: object) -> PublicKey:
    if isinstance(value, PublicKey):
        return value
    try:
        return decode_public_key(bytes.fromhex(str(value)))
    except CordaError as error:
        raise ValueError(str(error)) from error


def _read_ref(value: object) -> StateRef:
    return value if isinstance(value, StateRef) else StateRef.parse(str(value))


Digits = PlainSerializer(str, return_type=str)
Uint64 = Annotated[int, Field(ge=0, lt=2**64), Digits]
Uint256 = Annotated[int, Field(ge=0, lt=2**256), Digits]
"""Numbers beyond what JSON tools keep are text."""
HexBytes = Annotated[bytes, PlainValidator(_read_hex), PlainSerializer(bytes.hex, return_type=str)]
EvmAddress = Annotated[
    bytes,
    PlainValidator(_read_address),
    PlainSerializer(lambda address: f"0x{address.hex()}", return_type=str),
]
KeyHex = Annotated[
    PublicKey,
    PlainValidator(_read_key),
    PlainSerializer(lambda key: key.encoded.hex(), return_type=str),
]
"""A key's X.509 SubjectPublicKeyInfo."""
RefText = Annotated[StateRef, PlainValidator(_read_ref), PlainSerializer(str, return_type=str)]


class TermsPart(BaseModel):
    """Base of what a terms file consists of; what isn't known is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NamedParty(TermsPart):
    """A node's legal identity."""

    name: str
    key: KeyHex

    @classmethod
    def of(cls, party: Party) -> "NamedParty":
        """As it stands in the file."""
        return cls(name=str(party.name), key=party.owning_key)

    @property
    def party(self) -> Party:
        """The party. Raises: InvalidNameError."""
        return Party(CordaX500Name.parse(self.name), self.key)
