"""The states of a bridge: genesis, host, and sets of values under ICS-24 paths.

A host is made once from a genesis, whose reference is its **base id** (Corda-IBC's Genesis-Host
method): the notary lets a genesis be consumed once, so a base id means one host.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from corda_sim.core.contracts import ContractState, StateRef, TransactionState
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import AbstractParty, Party
from corda_sim.core.serialization import current_registry, serializable, serialize
from corda_sim.core.serialization.fields import FieldSpec
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.lightclients.corda.outputs import IBC_CONTRACT, encode_output
from corda_sim.ibc.lightclients.corda.types import BridgeOutput, Entry
from corda_sim.ibc.protobuf import Message
from states.ibc.messages import (
    HostConfig,
    HostMessage,
    StateMessage,
    base_id_message,
    base_id_of,
    parties_of,
    parties_to_messages,
)
from states.ibc.partition import state_key


@serializable("corda_sim.ibc.Genesis")
class Genesis(ContractState):
    """What a host is made from, once."""

    belongs_to_contract: ClassVar[str] = IBC_CONTRACT

    parties: tuple[Party, ...]

    @property
    def participants(self) -> tuple[AbstractParty, ...]:
        """Those who will see the host."""
        return self.parties


class ProtobufState(ContractState):
    """A state whose output is a ``BridgeOutput``, for any language to read."""

    belongs_to_contract: ClassVar[str] = IBC_CONTRACT
    TYPE_URL: ClassVar[str]

    base_id: StateRef
    parties: tuple[Party, ...]

    @property
    def participants(self) -> tuple[AbstractParty, ...]:
        """Those who hold the state, the host's validators among them."""
        return self.parties

    @property
    @abstractmethod
    def message(self) -> Message:
        """The state as protobuf."""

    @classmethod
    @abstractmethod
    def of_bytes(cls, value: bytes) -> Self:
        """The state out of its message's bytes. Raises: DecodeError, IllegalArgumentError."""

    def encode_output(self, output: TransactionState[Any]) -> bytes:
        """The component, in the third kind of the platform's formats."""
        notary = output.notary
        made = BridgeOutput(
            output.contract,
            str(notary.name),
            notary.owning_key.encoded,
            output.encumbrance,
            serialize(output.constraint),
            AnyMessage(self.TYPE_URL, self.message.encode()),
        )
        return encode_output(made)


def _register(kind: type[ProtobufState]) -> None:
    """Inside other values the state travels as the bytes of its message."""
    name = kind.TYPE_URL.removeprefix("/")
    fields = [FieldSpec("value", bytes)]
    current_registry().register_custom(
        kind, name, fields, lambda state: [state.message.encode()], kind.of_bytes
    )


class Host(ProtobufState):
    """A bridge's rules and ends, never changed: every transaction of the bridge refers to it."""

    TYPE_URL: ClassVar[str] = HostMessage.TYPE_URL

    config: HostConfig

    @property
    def validators(self) -> tuple[Party, ...]:
        """Those of whom ``config.threshold`` sign."""
        return parties_of(self.config.validators)

    @property
    def asked_validators(self) -> tuple[Party, ...]:
        """Those who are asked to sign: as many as have to."""
        return self.validators[: self.config.threshold]

    @property
    def message(self) -> HostMessage:
        """The state as protobuf."""
        base_id, parties = base_id_message(self.base_id), parties_to_messages(self.parties)
        return HostMessage(base_id, (), parties, self.config)

    @classmethod
    def of_bytes(cls, value: bytes) -> Self:
        """The state out of its message's bytes. Raises: DecodeError, IllegalArgumentError."""
        message = HostMessage.decode_strict(value)
        return cls(
            base_id=base_id_of(message.base_id),
            parties=parties_of(message.parties),
            config=message.config,
        )


class BridgeState(ProtobufState):
    """Values under paths, in order of the paths; an empty value says that nothing is there.

    All paths are of one state (``partition.state_key``).
    """

    TYPE_URL: ClassVar[str] = StateMessage.TYPE_URL

    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, base_id: StateRef, parties: tuple[Party, ...], values: Mapping[str, bytes]) -> Self:
        """The state that holds these values by path."""
        entries = tuple(Entry(path, values[path]) for path in sorted(values))
        return cls(base_id=base_id, parties=parties, entries=entries)

    @property
    def values(self) -> Mapping[str, bytes]:
        """What it holds, by path."""
        return {entry.path: entry.value for entry in self.entries}

    @property
    def key(self) -> str:
        """What names the state within its host. Raises: IllegalArgumentError without entries."""
        if not self.entries:
            raise IllegalArgumentError("a bridge state without entries")
        return state_key(self.entries[0].path)

    @property
    def is_ticket(self) -> bool:
        """Whether this is the state of a packet to come."""
        return not any(entry.value for entry in self.entries)

    @property
    def message(self) -> StateMessage:
        """The state as protobuf."""
        base_id, parties = base_id_message(self.base_id), parties_to_messages(self.parties)
        return StateMessage(base_id, self.entries, parties)

    @classmethod
    def of_bytes(cls, value: bytes) -> Self:
        """The state out of its message's bytes. Raises: DecodeError, IllegalArgumentError."""
        message = StateMessage.decode_strict(value)
        return cls(
            base_id=base_id_of(message.base_id),
            parties=parties_of(message.parties),
            entries=message.entries,
        )


_register(Host)
_register(BridgeState)
