"""The bridge's transactions in the order of their recording, with what happened in each.

Kept in memory since the start, as references alone: events are what the handlers say when the
messages of a recorded transaction run again.
"""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from corda_sim.core.contracts import CommandWithParties, StateAndRef, StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.vault_query import (
    SortAttribute,
    SortColumn,
    StateStatus,
    VaultQuery,
    VaultQueryCriteria,
    state_types,
)
from corda_sim.flow.services import NodeServices, VaultChange
from corda_sim.ibc.queries import TransactionEvents
from flows.ibc.proofs import height_of, load
from states.ibc import BridgeState, Deliver, Host
from states.ibc.execution import Surroundings
from states.ibc.union import execution_over

_KEPT = 4096


@dataclass(slots=True)
class _Log:
    """One host's transactions: an output of each, in order of recording and of height."""

    recorded: list[StateRef] = field(default_factory=list)
    by_height: list[tuple[int, int]] = field(default_factory=list)
    """Height and place in ``recorded``."""


class History:
    """All hosts' transactions of this node."""

    def __init__(self, services: NodeServices) -> None:
        self._services = services
        self._logs: dict[StateRef, _Log] = {}
        self._seen: set[SecureHash] = set()
        self._events: OrderedDict[SecureHash, TransactionEvents] = OrderedDict()
        types = state_types(BridgeState)
        criteria = VaultQueryCriteria(status=StateStatus.ALL, contract_state_types=types)
        query = VaultQuery(criteria, sorting=(SortColumn(SortAttribute.RECORDED_TIME),))
        self._waiting = list(services.vault.track(query, self._changed).snapshot.refs)

    def _changed(self, update: VaultChange) -> None:
        self._waiting.extend(one.ref for one in update.produced)

    def _log(self, base_id: StateRef) -> _Log:
        """The log, brought up to date: transactions are read when somebody asks."""
        waiting, self._waiting = self._waiting, []
        for ref in waiting:
            if ref.txhash not in self._seen:
                self._seen.add(ref.txhash)
                self._add(ref)
        return self._logs.setdefault(base_id, _Log())

    def _add(self, ref: StateRef) -> None:
        stx = load(self._services, ref)
        state: BridgeState = stx.tx.outputs[ref.index].data
        log = self._logs.setdefault(state.base_id, _Log())
        insort(log.by_height, (height_of(stx), len(log.recorded)))
        log.recorded.append(ref)

    def newest_height(self, base_id: StateRef) -> int:
        """The highest height, 0 without a transaction."""
        ordered = self._log(base_id).by_height
        return ordered[-1][0] if ordered else 0

    def output_at(self, base_id: StateRef, height: int) -> StateRef | None:
        """An output of the earliest transaction of ``height`` or later."""
        log = self._log(base_id)
        at = bisect_left(log.by_height, (height, -1))
        return log.recorded[log.by_height[at][1]] if at < len(log.by_height) else None

    def events(
        self, host: StateAndRef[Host], since: str, limit: int
    ) -> tuple[str, tuple[TransactionEvents, ...]]:
        """At most ``limit`` transactions after a cursor, and the cursor after them.

        Raises: IllegalArgumentError for what is no cursor.
        """
        log = self._log(host.state.data.base_id)
        start = self._place(log, since)
        end = min(start + limit, len(log.recorded))
        return str(end), tuple(self._told(host, ref) for ref in log.recorded[start:end])

    @staticmethod
    def _place(log: _Log, since: str) -> int:
        if not since.removeprefix("@").isdecimal() and since:
            raise IllegalArgumentError(f"{since!r} is no cursor")
        if not since.startswith("@"):
            return min(int(since or "0"), len(log.recorded))
        at = bisect_left(log.by_height, (int(since[1:]), -1))
        return min((place for _, place in log.by_height[at:]), default=len(log.recorded))

    def _told(self, host: StateAndRef[Host], ref: StateRef) -> TransactionEvents:
        known = self._events.get(ref.txhash)
        if known is None:
            known = replay(self._services, host, ref)
            self.remember(known)
        return known

    def remember(self, known: TransactionEvents) -> None:
        """What happens in a transaction, once recorded: its own builder needn't run it again."""
        self._events[known.transaction] = known
        if len(self._events) > _KEPT:
            self._events.popitem(last=False)


def replay(services: NodeServices, host: StateAndRef[Host], ref: StateRef) -> TransactionEvents:
    """What happened in the transaction that made a state."""
    stx = load(services, ref)
    messages = [one.value.message for one in stx.commands if isinstance(one.value, Deliver)]
    if not messages or stx.time_window is None:
        return TransactionEvents(stx.id, height_of(stx), ())
    commands = tuple(CommandWithParties(one.signers, one.value) for one in stx.commands)
    notary_key = host.state.notary.owning_key
    around = Surroundings(host.state.data, notary_key, stx.time_window, commands)
    consumed, referred = _states(services, stx.inputs), _states(services, stx.references)
    execution = execution_over(around, consumed, referred)
    for message in messages:
        execution.deliver(message)
    return TransactionEvents(stx.id, height_of(stx), tuple(execution.context.events))


def _states(services: NodeServices, refs: Iterable[StateRef]) -> list[BridgeState]:
    found = (services.state_and_ref(ref).state.data for ref in refs)
    return [data for data in found if isinstance(data, BridgeState)]
