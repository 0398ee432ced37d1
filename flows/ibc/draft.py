"""From a plan to a transaction: the messages run again, over just what it will hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from corda_sim.core.contracts import CommandWithParties, StateAndRef, TimeWindow
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.transactions import TransactionBuilder
from corda_sim.flow.services import NodeServices
from corda_sim.ibc.events import Event
from corda_sim.ibc.moment import Moment
from flows.ibc.plan import Plan
from states.ibc import BridgeState, Deliver, Host
from states.ibc.execution import Execution, Surroundings
from states.ibc.union import execution_over, successors


@dataclass(frozen=True, slots=True)
class Intent:
    """What is to be delivered to a host, with whose signatures, and what it was planned to take."""

    host: StateAndRef[Host]
    window: TimeWindow
    messages: tuple[bytes, ...]
    signers: tuple[PublicKey, ...]
    plan: Plan


@dataclass(frozen=True, slots=True)
class Draft:
    """A transaction to be signed, its moment, and what happens in it."""

    builder: TransactionBuilder
    moment: Moment
    events: tuple[Event, ...]


def draft_of(services: NodeServices, intent: Intent) -> Draft:
    """The transaction that delivers the messages. Raises: what their handlers raise."""
    builder = TransactionBuilder(intent.host.state.notary).set_time_window(intent.window)
    plan = intent.plan
    for ref in (*plan.inputs, *plan.part_inputs):
        builder.add_input_state(services.state_and_ref(ref))
    for ref in (*plan.references, *plan.part_references):
        builder.add_reference_state(services.state_and_ref(ref))
    for message in intent.messages:
        builder.add_command(Deliver(message), *intent.signers)
    for command in plan.part_commands:
        builder.add_command(command.value, *command.signers)
    execution = _execute(builder, intent)
    before = _bridge_states((*builder.input_states, *builder.reference_states))
    made = successors(execution, intent.host.state.data, before)
    for state in (*sorted(made, key=lambda one: one.key), *plan.part_outputs):
        builder.add_output_state(state)
    return Draft(builder, execution.context.now, tuple(execution.context.events))


def _execute(builder: TransactionBuilder, intent: Intent) -> Execution:
    commands = tuple(CommandWithParties(one.signers, one.value) for one in builder.commands)
    host = intent.host.state
    around = Surroundings(host.data, host.notary.owning_key, intent.window, commands)
    consumed = _bridge_states(builder.input_states)
    execution = execution_over(around, consumed, _bridge_states(builder.reference_states))
    for message in intent.messages:
        execution.deliver(message)
    return execution


def _bridge_states(states: Iterable[StateAndRef[Any]]) -> list[BridgeState]:
    return [one.state.data for one in states if isinstance(one.state.data, BridgeState)]
