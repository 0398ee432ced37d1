"""Typed access to the components of full and filtered transactions.

Source: net.corda.core.transactions.TraversableTransaction and net.corda.core.internal.
"""

import functools
from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any, TypeVar, cast

from corda_sim.core.contracts.commands import Command, CommandData
from corda_sim.core.contracts.state_ref import StateRef
from corda_sim.core.contracts.states import TransactionState
from corda_sim.core.contracts.time_window import TimeWindow
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalStateError
from corda_sim.core.identity import Party
from corda_sim.core.serialization import INSTALLED, Registry, deserialize
from corda_sim.core.transactions.component_groups import ComponentGroupEnum

T = TypeVar("T")
_CACHEABLE_SIZE = 16 * 1024


def decode_component(data: bytes, expected: type[T], registry: Registry = INSTALLED) -> T:
    """A component's value; small ones that were decoded lately are shared.

    Raises: DecodeError.
    """
    if len(data) > _CACHEABLE_SIZE:
        return deserialize(data, expected, registry)
    return cast("T", _decode_cached(data, cast("Any", expected), registry))


@functools.lru_cache(maxsize=2048)
def _decode_cached(data: bytes, expected: Hashable, registry: Registry) -> object:
    return cast("object", deserialize(data, cast("type[Any]", expected), registry))


class TraversableTransaction:
    """Base of transactions made of component groups; values are decoded on first use."""

    def group(self, group: ComponentGroupEnum) -> Sequence[bytes]:
        """The visible components of a group."""
        raise NotImplementedError

    def decode(
        self, group: ComponentGroupEnum, expected: type[T], registry: Registry = INSTALLED
    ) -> tuple[T, ...]:
        """The visible components of a group, decoded. Raises: DecodeError."""
        return tuple(decode_component(part, expected, registry) for part in self.group(group))

    @cached_property
    def inputs(self) -> tuple[StateRef, ...]:
        """States consumed."""
        return self.decode(ComponentGroupEnum.INPUTS, StateRef)

    @cached_property
    def references(self) -> tuple[StateRef, ...]:
        """States referred to and not consumed."""
        return self.decode(ComponentGroupEnum.REFERENCES, StateRef)

    @cached_property
    def outputs(self) -> tuple[TransactionState[Any], ...]:
        """States made, as instances of the installed classes."""
        return self.decode(ComponentGroupEnum.OUTPUTS, TransactionState)

    @cached_property
    def attachments(self) -> tuple[SecureHash, ...]:
        """Ids of the attachments."""
        return self.decode(ComponentGroupEnum.ATTACHMENTS, SecureHash)

    @cached_property
    def notary(self) -> Party | None:
        """The notary. Raises: IllegalStateError when there are several."""
        return self._at_most_one(ComponentGroupEnum.NOTARY, Party, "notary party")

    @cached_property
    def time_window(self) -> TimeWindow | None:
        """The time window. Raises: IllegalStateError when there are several."""
        return self._at_most_one(ComponentGroupEnum.TIMEWINDOW, TimeWindow, "time-window")

    @cached_property
    def network_parameters_hash(self) -> SecureHash | None:
        """The hash of the network parameters. Raises: IllegalStateError when there are several."""
        return self._at_most_one(
            ComponentGroupEnum.PARAMETERS, SecureHash, "network parameters hash"
        )

    def _at_most_one(self, group: ComponentGroupEnum, expected: type[T], what: str) -> T | None:
        found = self.decode(group, expected)
        if len(found) > 1:
            raise IllegalStateError(f"Invalid Transaction. More than 1 {what} detected.")
        return found[0] if found else None

    @cached_property
    def signer_lists(self) -> tuple[tuple[PublicKey, ...], ...]:
        """The visible lists of signers, one for each command. Raises: DecodeError."""
        return self.decode(ComponentGroupEnum.SIGNERS, tuple[PublicKey, ...])

    @cached_property
    def commands(self) -> tuple[Command[Any], ...]:
        """Commands, as instances of the installed classes."""
        return self.commands_in(INSTALLED)

    def commands_in(self, registry: Registry) -> tuple[Command[Any], ...]:
        """Commands decoded with the types of ``registry``.

        Raises: IllegalStateError when values and signers don't match, DecodeError.
        """
        values = self.decode(ComponentGroupEnum.COMMANDS, CommandData, registry)
        return tuple(
            Command(value, signers)
            for value, signers in zip(values, self._signers_of(len(values)), strict=True)
        )

    def _signers_of(self, commands: int) -> Sequence[tuple[PublicKey, ...]]:
        signers = self.signer_lists
        if commands != len(signers):
            raise IllegalStateError(
                f"Invalid Transaction. Sizes of CommandData ({commands}) and Signers "
                f"({len(signers)}) do not match"
            )
        return signers


def check_base_invariants(tx: TraversableTransaction) -> None:
    """Rules for the inputs of any transaction (net.corda.core.transactions.BaseTransaction).

    Raises: IllegalStateError.
    """
    inputs, references = tx.inputs, tx.references
    if (inputs or references) and tx.notary is None:
        raise IllegalStateError(
            "The notary must be specified explicitly for any transaction that has inputs"
        )
    consumed, referred = set(inputs), set(references)
    if len(consumed) != len(inputs):
        raise IllegalStateError("Duplicate input states detected")
    if len(referred) != len(references):
        raise IllegalStateError("Duplicate reference states detected")
    if both := consumed & referred:
        raise IllegalStateError(
            "A StateRef cannot be both an input and a reference input in the same transaction. "
            f"Offending StateRefs: {', '.join(map(str, sorted(both)))}"
        )
