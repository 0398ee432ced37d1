"""Ledger transactions: everything a contract may look at (net.corda.core.transactions)."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from corda_sim.core.contracts.attachments import ContractAttachment
from corda_sim.core.contracts.commands import CommandData, CommandWithParties
from corda_sim.core.contracts.state_ref import StateRef
from corda_sim.core.contracts.states import ContractState, StateAndRef, TransactionState
from corda_sim.core.contracts.time_window import TimeWindow
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import Party
from corda_sim.core.network import NetworkParameters

S = TypeVar("S", bound=ContractState)
C = TypeVar("C", bound=CommandData)
K = TypeVar("K")


class InOutGroup(msgspec.Struct, Generic[S, K], frozen=True):
    """Inputs and outputs that share a grouping key."""

    inputs: tuple[S, ...]
    outputs: tuple[S, ...]
    grouping_key: K


class LedgerTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction with its inputs, references, attachments and parameters resolved.

    A contract sees every component as an instance of its own archive's classes.
    """

    id: SecureHash
    inputs: tuple[StateAndRef[Any], ...]
    outputs: tuple[TransactionState[Any], ...]
    commands: tuple[CommandWithParties[Any], ...]
    attachments: tuple[ContractAttachment, ...] = ()
    notary: Party | None = None
    time_window: TimeWindow | None = None
    references: tuple[StateAndRef[Any], ...] = ()
    network_parameters: NetworkParameters | None = None

    @property
    def input_states(self) -> tuple[ContractState, ...]:
        """Data of the inputs."""
        return tuple(one.state.data for one in self.inputs)

    @property
    def output_states(self) -> tuple[ContractState, ...]:
        """Data of the outputs."""
        return tuple(one.data for one in self.outputs)

    @property
    def reference_states(self) -> tuple[ContractState, ...]:
        """Data of the reference inputs."""
        return tuple(one.state.data for one in self.references)

    def in_refs_of_type(self, kind: type[S]) -> tuple[StateAndRef[S], ...]:
        """Inputs of a type, with their references."""
        return tuple(one for one in self.inputs if isinstance(one.state.data, kind))

    def inputs_of_type(self, kind: type[S]) -> tuple[S, ...]:
        """Input states of a type."""
        return tuple(data for data in self.input_states if isinstance(data, kind))

    def outputs_of_type(self, kind: type[S]) -> tuple[S, ...]:
        """Output states of a type."""
        return tuple(data for data in self.output_states if isinstance(data, kind))

    def out_refs_of_type(self, kind: type[S]) -> tuple[StateAndRef[S], ...]:
        """Outputs of a type, with their references."""
        return tuple(
            StateAndRef(state, StateRef(self.id, index))
            for index, state in enumerate(self.outputs)
            if isinstance(state.data, kind)
        )

    def reference_inputs_of_type(self, kind: type[S]) -> tuple[S, ...]:
        """Reference states of a type."""
        return tuple(data for data in self.reference_states if isinstance(data, kind))

    def reference_in_refs_of_type(self, kind: type[S]) -> tuple[StateAndRef[S], ...]:
        """Reference inputs of a type, with their references."""
        return tuple(one for one in self.references if isinstance(one.state.data, kind))

    def commands_of_type(self, kind: type[C]) -> tuple[CommandWithParties[C], ...]:
        """Commands whose value is of a type."""
        return tuple(one for one in self.commands if isinstance(one.value, kind))

    def out_ref(self, index: int) -> StateAndRef[Any]:
        """An output with its reference. Raises: IllegalArgumentError."""
        if not 0 <= index < len(self.outputs):
            raise IllegalArgumentError(f"transaction {self.id} has no output {index}")
        return StateAndRef(self.outputs[index], StateRef(self.id, index))

    def group_states(
        self, kind: type[S], selector: Callable[[S], K]
    ) -> tuple[InOutGroup[S, K], ...]:
        """Inputs and outputs of a type by ``selector``, in order of first appearance."""
        groups: dict[K, tuple[list[S], list[S]]] = {}
        for data in self.inputs_of_type(kind):
            groups.setdefault(selector(data), ([], []))[0].append(data)
        for data in self.outputs_of_type(kind):
            groups.setdefault(selector(data), ([], []))[1].append(data)
        return tuple(
            InOutGroup(tuple(ins), tuple(outs), key) for key, (ins, outs) in groups.items()
        )
