"""All that a handler sees: no clock, no network, nothing global."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.events import Event
from corda_sim.ibc.moment import Moment
from corda_sim.ibc.store import CachedStore, Store

if TYPE_CHECKING:
    from corda_sim.ibc.client.light_client import LightClient
    from corda_sim.ibc.port.module import IbcModule


class SelfClient(Protocol):
    """What this chain requires of a client of itself on the other chain."""

    def validate(self, client_state: AnyMessage) -> None:
        """Raise ErrInvalidClient unless ``client_state`` is one of this very chain."""

    def consensus_state(self, height: Height, host_proof: bytes) -> AnyMessage:
        """What the other chain must hold of this one at ``height``.

        ``host_proof`` is the state that the message claims, for chains that can't look back.
        Raises: ErrSelfConsensusStateNotFound when it isn't what this chain was.
        """


@dataclass(frozen=True, slots=True)
class Context:
    """Store, time, light clients, modules by port, and the events so far."""

    store: Store
    now: Moment
    clients: Sequence["LightClient"]
    modules: Mapping[str, "IbcModule"]
    self_client: SelfClient
    events: list[Event] = field(default_factory=list)

    def over(self, store: Store) -> "Context":
        """The same over another store, with events of its own."""
        return replace(self, store=store, events=[])

    @contextmanager
    def attempt(self) -> Iterator["Context"]:
        """A context whose writes and events stay only if the block doesn't raise."""
        store = CachedStore(self.store)
        inner = self.over(store)
        yield inner
        store.commit()
        self.events.extend(inner.events)
