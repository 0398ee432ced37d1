"""Commands: what a transaction does, and who must sign for it."""

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import msgspec

from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalArgumentError, IllegalStateError


class CommandData:
    """Marker base of command values; subclasses are frozen and ``@serializable``."""

    __slots__ = ()


class TypeOnlyCommandData(CommandData):
    """A command without fields: all instances of one class are equal."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self).__qualname__)


C = TypeVar("C", bound=CommandData)
C_co = TypeVar("C_co", bound=CommandData, covariant=True)


class Command(msgspec.Struct, Generic[C_co], frozen=True):
    """A command value and the keys that must sign.

    Raises: IllegalArgumentError when there are no signers (net.corda.core.contracts.Command).
    """

    value: C_co
    signers: tuple[PublicKey, ...]

    def __post_init__(self) -> None:
        if not self.signers:
            raise IllegalArgumentError("The list of signers cannot be empty")


class CommandWithParties(msgspec.Struct, Generic[C_co], frozen=True):
    """A command as contracts see it.

    Corda's deprecated ``signingParties`` is left out: it depends on whom the verifier knows.
    """

    signers: tuple[PublicKey, ...]
    value: C_co


def select_commands(
    commands: Iterable[CommandWithParties[Any]], of_type: type[C]
) -> tuple[CommandWithParties[C], ...]:
    """The commands whose value is an ``of_type``, in order."""
    return tuple(command for command in commands if isinstance(command.value, of_type))


def require_single_command(
    commands: Iterable[CommandWithParties[Any]], of_type: type[C]
) -> CommandWithParties[C]:
    """The only command of a type.

    Raises: IllegalStateError when there is none, IllegalArgumentError when there are several.
    """
    found = select_commands(commands, of_type)
    if not found:
        raise IllegalStateError(f"Required {of_type.__qualname__} command")
    if len(found) > 1:
        raise IllegalArgumentError("List has more than one element.")
    return found[0]
