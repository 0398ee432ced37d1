"""Which bridge states this node's vault holds unspent, by host and key; in memory.

It follows the vault's commits, so that a look-up costs no query however long the history is.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from corda_sim.core.contracts import StateAndRef, StateRef
from corda_sim.core.vault_query import VaultQueryCriteria, state_types
from corda_sim.flow.services import NodeServices, VaultChange
from corda_sim.ibc.errors import BridgeHostUnknown
from states.ibc import BridgeState, Host
from states.ibc.errors import BridgeStateMissing
from states.ibc.partition import key_prefix, needs_ticket, split_key, state_key

BRIDGE_TYPES = state_types(Host, BridgeState)
Numbered = tuple[int, str]


@dataclass(slots=True)
class HostStates:
    """The unspent states of one host.

    ``tickets`` and ``numbered`` have, by what their keys start with, tickets and consensus states
    in order of their numbers.
    """

    host: StateAndRef[Host]
    refs: dict[str, StateRef] = field(default_factory=dict)
    tickets: dict[str, list[Numbered]] = field(default_factory=dict)
    numbered: dict[str, list[Numbered]] = field(default_factory=dict)

    def add(self, state: BridgeState, ref: StateRef) -> None:
        """A new state."""
        key = state.key
        group, number = split_key(key)
        if state.is_ticket:
            insort(self.tickets.setdefault(group, []), (number, key))
        elif number and not needs_ticket(key) and key not in self.refs:
            insort(self.numbered.setdefault(group, []), (number, key))
        self.refs[key] = ref

    def remove(self, key: str, ref: StateRef) -> None:
        """A state is spent."""
        group, number = split_key(key)
        if self.refs.get(key) == ref:
            del self.refs[key]
            for ordered in (self.tickets, self.numbered):
                _discard(ordered.get(group, []), (number, key))

    def value(self, services: NodeServices, path: str) -> bytes:
        """What is at a path. Raises: BridgeStateMissing."""
        found = self.find(services, path)
        if found is None:
            raise BridgeStateMissing(f"nothing is at {path}")
        return found

    def find(self, services: NodeServices, path: str) -> bytes | None:
        """What is at a path: empty for a ticket, None where nothing says anything of it."""
        ref = self.refs.get(state_key(path))
        return None if ref is None else services.state_and_ref(ref).state.data.values.get(path)

    def paths(self, services: NodeServices, prefix: str) -> tuple[str, ...]:
        """The paths that have a value and start with ``prefix``, sorted."""
        start = key_prefix(prefix)
        found = (ref for key, ref in self.refs.items() if key.startswith(start))
        states = (services.state_and_ref(ref).state.data for ref in found)
        return tuple(
            sorted(
                entry.path
                for state in states
                for entry in state.entries
                if entry.value and entry.path.startswith(prefix)
            )
        )


def _discard(ordered: list[Numbered], item: Numbered) -> None:
    at = bisect_left(ordered, item)
    if ordered[at : at + 1] == [item]:
        del ordered[at]


class BridgeIndex:
    """All hosts of the vault. Make it once the vault is loaded."""

    def __init__(self, services: NodeServices) -> None:
        self._services = services
        self._hosts: dict[StateRef, HostStates] = {}
        self._keys: dict[StateRef, tuple[StateRef, str]] = {}
        criteria = VaultQueryCriteria(contract_state_types=BRIDGE_TYPES)
        snapshot = services.vault.track(criteria, self._changed).snapshot
        self._produced(services.state_and_ref(ref) for ref in snapshot.refs)

    def host(self, base_id: StateRef | None) -> HostStates:
        """The states of a host, the only one unless it is named. Raises: BridgeHostUnknown."""
        if base_id is None and len(self._hosts) == 1:
            return next(iter(self._hosts.values()))
        found = None if base_id is None else self._hosts.get(base_id)
        if found is None:
            named = "name one of several" if base_id is None and self._hosts else str(base_id)
            raise BridgeHostUnknown(f"no host on this node: {named}")
        return found

    def _changed(self, update: VaultChange) -> None:
        for ref in update.consumed:
            base_id, key = self._keys.pop(ref, (None, ""))
            if base_id is not None:
                self._hosts[base_id].remove(key, ref)
        self._produced(update.produced)

    def _produced(self, states: Iterable[StateAndRef[Any]]) -> None:
        found = list(states)
        for one in found:
            if isinstance(one.state.data, Host):
                self._hosts[one.state.data.base_id] = HostStates(one)
        for one in found:
            state = one.state.data
            if isinstance(state, BridgeState) and state.base_id in self._hosts:
                self._keys[one.ref] = state.base_id, state.key
                self._hosts[state.base_id].add(state, one.ref)


class VaultSource:
    """The handlers' source over the vault; ``reserve`` locks a ticket, or says that it can't."""

    def __init__(
        self, services: NodeServices, states: HostStates, reserve: Callable[[StateRef], bool]
    ) -> None:
        self._services, self._states, self._reserve = services, states, reserve
        self._reserved: dict[str, list[str]] = {}

    def entries(self, key: str) -> Mapping[str, bytes] | None:
        """Values by path of the state with this key."""
        ref = self._states.refs.get(key)
        if ref is None:
            return None
        state: BridgeState = self._services.state_and_ref(ref).state.data
        return state.values

    def newest(self, prefix: str) -> Iterable[str]:
        """The newest of the numbered paths under ``prefix``."""
        return [key for _, key in self._states.numbered.get(prefix, [])[-1:]]

    def send_ticket(self, group: str, used: Collection[str]) -> str | None:
        """The first ticket that is reserved already, or can be."""
        mine = self._reserved.setdefault(group, [])
        held = next((key for key in mine if key not in used), None)
        if held is not None:
            return held
        for _, key in self._states.tickets.get(group, ()):
            if key not in mine and self._reserve(self._states.refs[key]):
                mine.append(key)
                return key
        return None
