"""Running messages over given states, and the states that they leave."""

from collections.abc import Collection, Iterable, Mapping

from corda_sim.core.identity import Party
from states.ibc.execution import Execution, Surroundings
from states.ibc.partition import parent_key, split_key
from states.ibc.state import BridgeState, Host


class UnionSource:
    """The states of a transaction: inputs and references, by key."""

    def __init__(self, states: Iterable[BridgeState], inputs: Collection[str]) -> None:
        self._states = {state.key: state.values for state in states}
        self._inputs = inputs

    def entries(self, key: str) -> Mapping[str, bytes] | None:
        """Values by path of the state with this key."""
        return self._states.get(key)

    def newest(self, prefix: str) -> Iterable[str]:
        """All paths under ``prefix``."""
        return [path for one in self._states.values() for path in one if path.startswith(prefix)]

    def send_ticket(self, group: str, used: Collection[str]) -> str | None:
        """The first ticket among the inputs that isn't used yet."""
        free = (key for key in self._inputs if key.startswith(group) and key not in used)
        tickets = (key for key in free if not any(self._states[key].values()))
        return min(tickets, key=split_key, default=None)


def execution_over(
    around: Surroundings, consumed: Iterable[BridgeState], referred: Iterable[BridgeState]
) -> Execution:
    """An execution over a transaction's inputs and references."""
    inputs = {state.key: state for state in consumed}
    return Execution(around, UnionSource((*inputs.values(), *referred), inputs.keys()))


def successors(execution: Execution, host: Host, before: Iterable[BridgeState]) -> set[BridgeState]:
    """The states that the messages leave, each with its participants.

    A changed state keeps its own; a new one has those of the state that it belongs to.
    """
    parties = {state.key: state.parties for state in before}
    return {
        BridgeState.of(host.base_id, _parties_of(key, parties, host), values)
        for key, values in execution.store.outputs.items()
    }


def _parties_of(key: str, known: Mapping[str, tuple[Party, ...]], host: Host) -> tuple[Party, ...]:
    return known.get(key) or known.get(parent_key(key) or "") or host.parties
