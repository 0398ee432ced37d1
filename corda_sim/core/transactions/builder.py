"""Building transactions (net.corda.core.transactions.TransactionBuilder)."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Self

import msgspec

from corda_sim.core.contracts.attachments import ContractAttachment
from corda_sim.core.contracts.commands import Command, CommandData
from corda_sim.core.contracts.constraints import (
    AttachmentConstraint,
    AutomaticPlaceholderConstraint,
    signature_constraint_for,
)
from corda_sim.core.contracts.states import ContractState, StateAndRef, TransactionState
from corda_sim.core.contracts.time_window import TimeWindow
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import (
    ConstraintPropagationRejection,
    FeatureNotSupportedException,
    IllegalArgumentError,
)
from corda_sim.core.identity import Party
from corda_sim.core.transactions.component_groups import create_component_groups
from corda_sim.core.transactions.services import ServicesForResolution, resolve_attachment
from corda_sim.core.transactions.wire import WireTransaction


class TransactionBuilder:
    """Collects components; contract attachments and constraints are added when it is built.

    ``lock_id`` names the soft locks of the coins that went in.
    """

    def __init__(self, notary: Party | None = None, lock_id: uuid.UUID | None = None) -> None:
        self.notary = notary
        self.lock_id = lock_id
        self._inputs: list[StateAndRef[Any]] = []
        self._references: list[StateAndRef[Any]] = []
        self._outputs: list[TransactionState[Any]] = []
        self._commands: list[Command[Any]] = []
        self._attachments: list[SecureHash] = []
        self._time_window: TimeWindow | None = None

    def add_input_state(self, state_and_ref: StateAndRef[Any]) -> Self:
        """Consume a state. Raises: IllegalArgumentError when its notary is another one."""
        self._check_notary(state_and_ref, "Input")
        self._inputs.append(state_and_ref)
        return self

    def add_reference_state(self, state_and_ref: StateAndRef[Any]) -> Self:
        """Refer to a state. Raises: IllegalArgumentError when its notary is another one."""
        self._check_notary(state_and_ref, "Reference")
        self._references.append(state_and_ref)
        return self

    def _check_notary(self, state_and_ref: StateAndRef[Any], what: str) -> None:
        notary = state_and_ref.state.notary
        if notary != self.notary:
            raise IllegalArgumentError(
                f'{what} state requires notary "{notary}" which does not match the transaction '
                f'notary "{self.notary}".'
            )

    def add_output_state(
        self,
        state: ContractState | TransactionState[Any],
        contract: str | None = None,
        notary: Party | None = None,
        constraint: AttachmentConstraint | None = None,
    ) -> Self:
        """Make a state; contract and notary default to the state's own and the builder's.

        Raises: IllegalArgumentError when either cannot be known, FeatureNotSupportedException for
        an encumbered state.
        """
        if not isinstance(state, TransactionState):
            state = self._transaction_state(state, contract, notary, constraint)
        if state.encumbrance is not None:
            raise FeatureNotSupportedException("Encumbrances")
        self._outputs.append(state)
        return self

    def _transaction_state(
        self,
        data: ContractState,
        contract: str | None,
        notary: Party | None,
        constraint: AttachmentConstraint | None,
    ) -> TransactionState[Any]:
        name = contract or data.belongs_to_contract
        if name is None:
            raise IllegalArgumentError(
                f"Unable to infer Contract name because state class {type(data).__qualname__} "
                "does not set belongs_to_contract; name the contract explicitly"
            )
        chosen = notary or self.notary
        if chosen is None:
            raise IllegalArgumentError(
                "Need to specify a notary for the state, or set a default one on "
                "TransactionBuilder initialisation"
            )
        return TransactionState(
            data, name, chosen, None, constraint or AutomaticPlaceholderConstraint()
        )

    def add_command(self, value: CommandData | Command[Any], *keys: PublicKey) -> Self:
        """Add a command with the keys that must sign. Raises: IllegalArgumentError without any."""
        self._commands.append(value if isinstance(value, Command) else Command(value, keys))
        return self

    def add_attachment(self, attachment_id: SecureHash) -> Self:
        """Attach something beside the contracts' code."""
        self._attachments.append(attachment_id)
        return self

    def set_time_window(
        self, window: TimeWindow | datetime, tolerance: timedelta | None = None
    ) -> Self:
        """Set the window, or an instant with its tolerance.

        Raises: IllegalArgumentError without a notary or without a tolerance for an instant.
        """
        if self.notary is None:
            raise IllegalArgumentError("Only notarised transactions can have a time-window")
        if isinstance(window, datetime):
            if tolerance is None:
                raise IllegalArgumentError("an instant needs a tolerance")
            window = TimeWindow.with_tolerance(window, tolerance)
        self._time_window = window
        return self

    @property
    def input_states(self) -> tuple[StateAndRef[Any], ...]:
        """Inputs added so far."""
        return tuple(self._inputs)

    @property
    def reference_states(self) -> tuple[StateAndRef[Any], ...]:
        """Reference inputs added so far."""
        return tuple(self._references)

    @property
    def output_states(self) -> tuple[TransactionState[Any], ...]:
        """Outputs added so far."""
        return tuple(self._outputs)

    @property
    def commands(self) -> tuple[Command[Any], ...]:
        """Commands added so far."""
        return tuple(self._commands)

    @property
    def time_window(self) -> TimeWindow | None:
        """The window, where one is set."""
        return self._time_window

    def copy(self, lock_id: uuid.UUID | None = None) -> "TransactionBuilder":
        """A builder with the same components and a lock id of its own."""
        other = TransactionBuilder(self.notary, lock_id)
        other._inputs = list(self._inputs)
        other._references = list(self._references)
        other._outputs = list(self._outputs)
        other._commands = list(self._commands)
        other._attachments = list(self._attachments)
        other._time_window = self._time_window
        return other

    def to_wire_transaction(
        self, services: ServicesForResolution, privacy_salt: bytes
    ) -> WireTransaction:
        """The transaction, with contract attachments, constraints and parameters hash filled in.

        ``privacy_salt`` is 32 random bytes.

        Raises: AttachmentResolutionException for a contract without attachment,
        FeatureNotSupportedException for an unsigned one, NotSerializableException,
        IllegalArgumentError or IllegalStateError for what no transaction may be.
        """
        code = self._contract_attachments(services)
        outputs = [self._constrained(state, code[state.contract]) for state in self._outputs]
        attached = {*self._attachments, *(one.id for one in code.values())}
        groups = create_component_groups(
            inputs=[one.ref for one in self._inputs],
            outputs=outputs,
            commands=self._commands,
            attachments=sorted(attached),
            notary=self.notary,
            time_window=self._time_window,
            references=[one.ref for one in self._references],
            network_parameters_hash=services.network_parameters.hash,
        )
        return WireTransaction(groups, privacy_salt)

    def _contract_attachments(
        self, services: ServicesForResolution
    ) -> dict[str, ContractAttachment]:
        explicit = [resolve_attachment(one, services) for one in self._attachments]
        return {
            name: _attachment_for(name, explicit, services) for name in sorted(self._contracts())
        }

    def _contracts(self) -> set[str]:
        referred = (one.state for one in (*self._inputs, *self._references))
        return {state.contract for state in (*referred, *self._outputs)}

    def _constrained(
        self, state: TransactionState[Any], attachment: ContractAttachment
    ) -> TransactionState[Any]:
        if not isinstance(state.constraint, AutomaticPlaceholderConstraint):
            return state
        name = state.contract
        before = {one.state.constraint for one in self._inputs if one.state.contract == name}
        if len(before) > 1:
            raise ConstraintPropagationRejection(None, name, *list(before)[:2])
        chosen = before.pop() if before else signature_constraint_for(attachment.signers)
        return msgspec.structs.replace(state, constraint=chosen)


def _attachment_for(
    contract: str, explicit: Iterable[ContractAttachment], services: ServicesForResolution
) -> ContractAttachment:
    for attachment in explicit:
        if contract in attachment.contracts:
            return attachment
    return resolve_attachment(services.contract_attachment_id(contract), services)
