"""Protobuf of the bridge's states: ``BridgeState``'s head, then fields of their own from 10 on."""

import dataclasses
from collections.abc import Iterable
from typing import Annotated, ClassVar

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.crypto import decode_public_key
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import DecodeError
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.ibc.lightclients.corda.types import BaseId, Entry
from corda_sim.ibc.protobuf import Field, Message


@dataclasses.dataclass(frozen=True, slots=True)
class PartyMessage(Message):
    """A party: its X.500 name and its key as SubjectPublicKeyInfo."""

    name: Annotated[str, Field(1)] = ""
    key: Annotated[bytes, Field(2)] = b""


@dataclasses.dataclass(frozen=True, slots=True)
class Binding(Message):
    """One name for another: a port's module, a contract id's contract."""

    name: Annotated[str, Field(1)] = ""
    target: Annotated[str, Field(2)] = ""


@dataclasses.dataclass(frozen=True, slots=True)
class HostConfig(Message):
    """What a host is, for good.

    ``threshold`` of the validators sign every transaction. ``mrenclave`` and the operators are
    those of the enclaves that others must trust in their clients of this host; what
    ``attestation_root`` (DER) has certified, this host's own clients trust. ``ports`` bind IBC
    modules, ``contracts`` the contracts that Cross may call.
    """

    chain_id: Annotated[str, Field(1)] = ""
    validators: Annotated[tuple[PartyMessage, ...], Field(2)] = ()
    threshold: Annotated[int, Field(3, bits=32)] = 0
    mrenclave: Annotated[bytes, Field(4)] = b""
    operators: Annotated[tuple[bytes, ...], Field(5)] = ()
    operators_threshold_numerator: Annotated[int, Field(6)] = 0
    operators_threshold_denominator: Annotated[int, Field(7)] = 0
    attestation_root: Annotated[bytes, Field(8)] = b""
    development_mode: Annotated[bool, Field(9)] = False
    ports: Annotated[tuple[Binding, ...], Field(10)] = ()
    contracts: Annotated[tuple[Binding, ...], Field(11)] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class HostMessage(Message):
    """A ``states.ibc.Host``; it has no entries."""

    TYPE_URL: ClassVar[str] = "/corda_sim.ibc.v1.Host"
    base_id: Annotated[BaseId, Field(1)]
    entries: Annotated[tuple[Entry, ...], Field(2)]
    parties: Annotated[tuple[PartyMessage, ...], Field(10)]
    config: Annotated[HostConfig, Field(11)]


@dataclasses.dataclass(frozen=True, slots=True)
class StateMessage(Message):
    """A ``states.ibc.BridgeState``."""

    TYPE_URL: ClassVar[str] = "/corda_sim.ibc.v1.State"
    base_id: Annotated[BaseId, Field(1)]
    entries: Annotated[tuple[Entry, ...], Field(2)]
    parties: Annotated[tuple[PartyMessage, ...], Field(10)]


def parties_to_messages(parties: Iterable[Party]) -> tuple[PartyMessage, ...]:
    """Parties as protobuf."""
    return tuple(PartyMessage(str(one.name), one.owning_key.encoded) for one in parties)


def parties_of(messages: Iterable[PartyMessage]) -> tuple[Party, ...]:
    """Parties out of protobuf. Raises: DecodeError, IllegalArgumentError."""
    return tuple(party_of(one.name, one.key) for one in messages)


def party_of(name: str, key: bytes) -> Party:
    """A party. Raises: DecodeError for a name that isn't in normal form, IllegalArgumentError."""
    parsed = CordaX500Name.parse(name)
    if str(parsed) != name:
        raise DecodeError(f"{name!r} is not the normal form of an X.500 name")
    return Party(parsed, decode_public_key(key))


def base_id_message(ref: StateRef) -> BaseId:
    """A base id as protobuf."""
    return BaseId(bytes(ref.txhash), ref.index)


def base_id_of(message: BaseId) -> StateRef:
    """A base id. Raises: IllegalArgumentError."""
    return StateRef(SecureHash(message.txhash), message.index)
