"""What a bridge transaction will be made of: found by running its messages over the vault."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from corda_sim.core.contracts import (
    CommandData,
    CommandWithParties,
    ContractState,
    StateRef,
    TimeWindow,
)
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.serialization import serializable
from corda_sim.flow.context import StagedStep
from corda_sim.flow.selection import StatesNotAvailableException
from corda_sim.flow.services import NodeServices
from corda_sim.ibc.any import pack
from corda_sim.ibc.host import paths
from corda_sim.ibc.router import ResultType
from flows.ibc.answers import AskedEnvironment
from flows.ibc.applications import NO_PARTS, ApplicationParts
from flows.ibc.index import HostStates, VaultSource
from states.ibc.errors import TicketsExhausted
from states.ibc.execution import Execution, Surroundings
from states.ibc.tickets import MAX_BATCH, MsgMintTickets

BATCH = 100
"""How many tickets are minted at once, unless more are needed."""


@serializable("corda_sim.ibc.PlannedCommand")
@dataclass(frozen=True, slots=True)
class PlannedCommand:
    """A command of an application's."""

    value: CommandData
    signers: tuple[PublicKey, ...]


@serializable("corda_sim.ibc.Plan")
@dataclass(frozen=True, slots=True)
class Plan:
    """The journaled outcome: which messages have work to do, and what the transaction takes.

    ``mint`` is the message that has to come first, where tickets are missing; ``busy`` says which
    states another flow holds.
    """

    kept: tuple[int, ...] = ()
    inputs: tuple[StateRef, ...] = ()
    references: tuple[StateRef, ...] = ()
    part_inputs: tuple[StateRef, ...] = ()
    part_references: tuple[StateRef, ...] = ()
    part_outputs: tuple[ContractState, ...] = ()
    part_commands: tuple[PlannedCommand, ...] = ()
    part_keys: tuple[PublicKey, ...] = ()
    mint: bytes = b""
    busy: str = ""


@dataclass
class Planner:
    """Runs messages for one flow, over the vault as it is now.

    ``parts`` are what the caller adds; what applications answer Cross comes to them.
    """

    services: NodeServices
    staged: StagedStep
    states: HostStates
    window: TimeWindow
    parts: ApplicationParts = NO_PARTS
    _execution: Execution = field(init=False)

    def plan(self, messages: Iterable[bytes]) -> Plan:
        """Find what the messages need, and lock what they will consume.

        Raises: what the messages' handlers raise.
        """
        host = self.states.host.state
        commands = tuple(CommandWithParties(one.signers, one.value) for one in self.parts.commands)
        around = Surroundings(host.data, host.notary.owning_key, self.window, commands)
        asked = AskedEnvironment(around, self.states.host, self.services, self.staged)
        source = VaultSource(self.services, self.states, self._reserve)
        self._execution = Execution(around, source, asked.environment)
        try:
            kept = self._run(messages)
        except TicketsExhausted as error:
            return self._without_ticket(str(error), error.path)
        except StatesNotAvailableException as error:
            return Plan(busy=str(error))
        return self._locked(kept, self.parts + asked.parts)

    def _run(self, messages: Iterable[bytes]) -> tuple[int, ...]:
        """The places of the messages that have work to do."""
        kept = []
        for place, message in enumerate(messages):
            before = self._execution.store.changes
            delivery = self._execution.deliver(message)
            changed = self._execution.store.changes > before
            if delivery.result is ResultType.SUCCESS and changed:
                kept.append(place)
        return tuple(kept)

    def _reserve(self, ref: StateRef) -> bool:
        try:
            self.services.vault.soft_lock_reserve(self.staged, (ref,))
        except StatesNotAvailableException:
            return False
        return True

    def _locked(self, kept: tuple[int, ...], parts: ApplicationParts) -> Plan:
        if not kept:
            return Plan()
        refs, store = self.states.refs, self._execution.store
        inputs = tuple(refs[key] for key in store.inputs)
        consumed = (*inputs, *(one.ref for one in parts.inputs))
        try:
            self.services.vault.soft_lock_reserve(self.staged, consumed)
        except StatesNotAvailableException as error:
            return Plan(busy=str(error))
        return Plan(
            kept,
            inputs,
            (self.states.host.ref, *(refs[key] for key in store.references)),
            tuple(one.ref for one in parts.inputs),
            tuple(one.ref for one in parts.references),
            parts.outputs,
            tuple(PlannedCommand(one.value, one.signers) for one in parts.commands),
            tuple(dict.fromkeys(parts.keys)),
        )

    def _without_ticket(self, reason: str, path: str) -> Plan:
        """Mint, unless the ticket was minted before: then another transaction takes it."""
        kind, _, port, _, channel, _, number = path.split("/")
        sending = kind == "commitments"
        counter = paths.next_sequence_send if sending else paths.next_sequence_recv
        minted = self._execution.store.counter(counter(port, channel)) or 0
        wanted = BATCH if sending else max(BATCH, int(number) - minted + 1)
        if not sending and int(number) < minted:
            return Plan(busy=reason)
        if wanted > MAX_BATCH:
            raise TicketsExhausted(path)
        sends, receives = (wanted, 0) if sending else (0, wanted)
        return Plan(mint=pack(MsgMintTickets(port, channel, sends, receives)))
