"""The rules of the bridge: a transaction does what the handlers of its messages do, and no more."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from corda_sim.core.contracts import (
    CommandWithParties,
    Contract,
    StateAndRef,
    TimeWindow,
    TransactionState,
    require_single_command,
    require_that,
    select_commands,
)
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import Party
from corda_sim.ibc.host import paths
from corda_sim.ibc.lightclients.corda.outputs import IBC_CONTRACT
from corda_sim.ibc.moment import Moment
from corda_sim.ibc.numbers import u64
from corda_sim.ibc.router import ResultType
from states.cross.environment import check_answers
from states.ibc.commands import Deliver, GenesisCreate, HostCreate
from states.ibc.errors import MessageWithoutEffect
from states.ibc.execution import MODULES, Execution, Surroundings
from states.ibc.state import BridgeState, Genesis, Host
from states.ibc.union import execution_over, successors

if TYPE_CHECKING:
    from corda_sim.core.transactions.ledger import LedgerTransaction

_COUNTERS = (
    paths.NEXT_CLIENT_SEQUENCE,
    paths.NEXT_CONNECTION_SEQUENCE,
    paths.NEXT_CHANNEL_SEQUENCE,
)


class Ibc(Contract):
    """Genesis, host, and everything that IBC and Cross keep.

    Handlers are run again over the inputs and references; what they write must be the outputs.
    """

    contract_name: ClassVar[str] = "corda_sim.ibc.Ibc"

    def verify(self, tx: "LedgerTransaction") -> None:
        """Judge a transaction.

        Raises: IllegalArgumentError for a broken rule, IllegalStateError for a missing command, and
        what the handlers raise.
        """
        kinds = [kind for kind in _RULES if select_commands(tx.commands, kind)]
        require_that("a bridge transaction has commands of one kind", len(kinds) == 1)
        _RULES[kinds[0]](tx)


def initial_counters(host: Host) -> BridgeState:
    """The counters that a host starts with."""
    zeros = dict.fromkeys(_COUNTERS, u64(0))
    return BridgeState.of(host.base_id, host.parties, zeros)


def check_host(host: Host) -> None:
    """Raise IllegalArgumentError for a host that could never work, or not safely."""
    config, keys = host.config, {one.owning_key for one in host.validators}
    require_that("each validator is named once", len(keys) == len(config.validators))
    require_that("a threshold of the validators", 0 < config.threshold <= len(keys))
    require_that("the validators take part", set(host.validators) <= set(host.parties))
    require_that("the host has a chain id", bool(config.chain_id))
    ports = Counter(port.name for port in config.ports)
    require_that("each port is bound once", all(count == 1 for count in ports.values()))
    known = all(port.target in MODULES for port in config.ports)
    require_that(f"ports are bound to one of {', '.join(MODULES)}", known)


def _verify_genesis(tx: "LedgerTransaction") -> None:
    require_single_command(tx.commands, GenesisCreate)
    require_that("a genesis comes from nothing of a bridge", not _of_bridge(tx.inputs))
    made = _outputs(tx)
    require_that("one genesis is made", len(made) == 1 and isinstance(made[0].data, Genesis))


def _verify_host(tx: "LedgerTransaction") -> None:
    command = require_single_command(tx.commands, HostCreate)
    inputs = tx.in_refs_of_type(Genesis)
    one = len(inputs) == 1 and len(_of_bridge(tx.inputs)) == 1
    require_that("a host consumes one genesis", one)
    hosts = tx.outputs_of_type(Host)
    require_that("one host is made", len(hosts) == 1)
    host, genesis = hosts[0], inputs[0]
    check_host(host)
    require_that("the host's base id is its genesis", host.base_id == genesis.ref)
    parties = set(host.parties) == set(genesis.state.data.parties)
    require_that("the host's participants are its genesis'", parties)
    made = [output.data for output in _outputs(tx)]
    require_that("a host starts with its counters", made == [host, initial_counters(host)])
    _require_notary(tx)
    _window(tx)
    signers = set(command.signers)
    signed = all(one.owning_key in signers for one in host.validators)
    require_that("all validators sign the host", signed)


def _verify_messages(tx: "LedgerTransaction") -> None:
    host = _host(tx)
    _require_notary(tx)
    check_answers(tx)
    commands = select_commands(tx.commands, Deliver)
    _require_validators(host, commands)
    consumed, referred = _states(tx.inputs, host), _states(tx.references, host, Host)
    require_that(
        "a state comes once",
        len({one.key for one in (*consumed, *referred)}) == len(consumed) + len(referred),
    )
    execution = _execute(tx, host, consumed, referred)
    inputs = {state.key for state in consumed}
    require_that("what changes is consumed, and no more", inputs == set(execution.store.inputs))
    made = [output.data for output in _outputs(tx)]
    expected = successors(execution, host, (*consumed, *referred))
    exact = len(made) == len(expected) and set(made) == expected
    require_that("the outputs are what the messages write", exact)


def _execute(
    tx: "LedgerTransaction", host: Host, consumed: list[BridgeState], referred: list[BridgeState]
) -> Execution:
    window, notary = _window(tx)
    around = Surroundings(host, notary.owning_key, window, tx.commands)
    execution = execution_over(around, consumed, referred)
    for command in select_commands(tx.commands, Deliver):
        if execution.deliver(command.value.message).result is not ResultType.SUCCESS:
            raise MessageWithoutEffect("a message whose work was done before")
    return execution


def _window(tx: "LedgerTransaction") -> tuple[TimeWindow, Party]:
    if tx.time_window is None or tx.notary is None:
        raise IllegalArgumentError("a bridge transaction has a time-window")
    Moment.of_window(tx.time_window)
    return tx.time_window, tx.notary


def _host(tx: "LedgerTransaction") -> Host:
    hosts = tx.reference_inputs_of_type(Host)
    require_that("a bridge transaction refers to its host", len(hosts) == 1)
    return hosts[0]


def _require_validators(host: Host, commands: Iterable[CommandWithParties[Deliver]]) -> None:
    keys: set[PublicKey] = {one.owning_key for one in host.validators}
    for command in commands:
        given = len(keys.intersection(command.signers))
        require_that("enough validators sign", given >= host.config.threshold)


def _require_notary(tx: "LedgerTransaction") -> None:
    guarded = all(output.notary == tx.notary for output in _outputs(tx))
    require_that("bridge states stay with the host's notary", guarded)


def _states(
    states: Iterable[StateAndRef[Any]], host: Host, *besides: type[object]
) -> list[BridgeState]:
    found = [one.state.data for one in _of_bridge(states)]
    wanted = [state for state in found if isinstance(state, BridgeState)]
    others = [state for state in found if not isinstance(state, (BridgeState, *besides))]
    require_that("neither genesis nor host are consumed by messages", not others)
    require_that("all states are of one host", all(s.base_id == host.base_id for s in wanted))
    return wanted


def _of_bridge(states: Iterable[StateAndRef[Any]]) -> list[StateAndRef[Any]]:
    return [one for one in states if one.state.contract == IBC_CONTRACT]


def _outputs(tx: "LedgerTransaction") -> list[TransactionState[Any]]:
    return [output for output in tx.outputs if output.contract == IBC_CONTRACT]


_RULES = {
    GenesisCreate: _verify_genesis,
    HostCreate: _verify_host,
    Deliver: _verify_messages,
}
