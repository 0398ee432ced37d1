"""Following the vault: a snapshot, then what commits change (VaultService.trackBy)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from corda_sim.core.contracts import StateRef
from corda_sim.core.serialization import PLATFORM
from corda_sim.core.vault_query import Page, VaultQuery, VaultQueryCriteria
from corda_sim.node.vault.recorder import VaultUpdate

Observer = Callable[[VaultUpdate], None]


@dataclass(slots=True, eq=False)
class DataFeed:
    """A subscription: `snapshot`, then every later change goes to the observer until `close`.

    Produced states that the snapshot has already are not told again. As in Corda, what is told is
    chosen by the criteria's contract state types alone; references are not told.
    """

    snapshot: Page
    types: frozenset[str]
    observer: Observer
    close: Callable[[], None] = field(default=lambda: None)
    _told: set[StateRef] = field(default_factory=set)

    def offer(self, update: VaultUpdate) -> None:
        """Pass on what of a committed update concerns this feed."""
        produced = tuple(
            one
            for one in update.produced
            if one.ref not in self._told
            and self._wants(PLATFORM.wire_name_of(type(one.state.data)))
        )
        self._told.difference_update(one.ref for one in update.produced)
        pairs = zip(update.consumed, update.consumed_types, strict=True)
        consumed = [(ref, name) for ref, name in pairs if self._wants(name)]
        if produced or consumed:
            refs = tuple(ref for ref, _ in consumed)
            types = tuple(name for _, name in consumed)
            self.observer(VaultUpdate(refs, produced, update.flow_id, (), types))

    def _wants(self, state_type: str) -> bool:
        return not self.types or state_type in self.types


class VaultTracker:
    """Hands committed updates to the feeds."""

    def __init__(self, answer: Callable[[object], Page]) -> None:
        self._answer = answer
        self._feeds: list[DataFeed] = []

    def track(self, query: object, observer: Observer) -> DataFeed:
        """Snapshot and subscription; no change in between is missed.

        Raises: VaultQueryException.
        """
        wanted = VaultQuery.of(query)
        types = {
            name
            for part in wanted.criteria.parts()
            if isinstance(part, VaultQueryCriteria)
            for name in part.contract_state_types
        }
        snapshot = self._answer(wanted)
        feed = DataFeed(snapshot, frozenset(types), observer, _told=set(snapshot.refs))
        feed.close = lambda: self._feeds.remove(feed)
        self._feeds.append(feed)
        return feed

    def publish(self, update: VaultUpdate) -> None:
        """A step with this update is committed."""
        for feed in list(self._feeds):
            feed.offer(update)
