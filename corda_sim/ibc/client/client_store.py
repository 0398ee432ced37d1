"""The part of the store that is one client's own."""

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import ZERO_HEIGHT, Height
from corda_sim.ibc.errors import ErrClientNotFound, ErrConsensusStateNotFound
from corda_sim.ibc.host import paths
from corda_sim.ibc.store import Store


class ClientStore:
    """A client's states, and whatever else its type keeps under its path."""

    def __init__(self, store: Store, client_id: str) -> None:
        self._store = store
        self.client_id = client_id

    @property
    def client_state(self) -> AnyMessage:
        """The client state. Raises: ErrClientNotFound."""
        found = self._store.get(paths.client_state(self.client_id))
        if found is None:
            raise ErrClientNotFound(f"no client {self.client_id}")
        return AnyMessage.decode(found)

    @client_state.setter
    def client_state(self, state: AnyMessage) -> None:
        self._store.set(paths.client_state(self.client_id), state.encode())

    def find_consensus_state(self, height: Height) -> AnyMessage | None:
        """The consensus state at exactly ``height``, if there is one."""
        found = self._store.get(paths.consensus_state(self.client_id, height))
        return None if found is None else AnyMessage.decode(found)

    def consensus_state(self, height: Height) -> AnyMessage:
        """The consensus state at exactly ``height``. Raises: ErrConsensusStateNotFound."""
        found = self.find_consensus_state(height)
        if found is None:
            raise ErrConsensusStateNotFound(f"client {self.client_id}: none at height {height}")
        return found

    def set_consensus_state(self, height: Height, state: AnyMessage) -> None:
        """Store a consensus state."""
        self._store.set(paths.consensus_state(self.client_id, height), state.encode())

    def heights(self) -> tuple[Height, ...]:
        """Heights of the consensus states in sight, ascending."""
        start = paths.consensus_states(self.client_id)
        found = (path.removeprefix(start) for path in self._store.paths(start))
        return tuple(sorted(map(Height.parse, found)))

    @property
    def latest_height(self) -> Height:
        """The highest height in sight, (0, 0) without any."""
        heights = self.heights()
        return heights[-1] if heights else ZERO_HEIGHT

    def get(self, key: str) -> bytes | None:
        """A value of the client's own."""
        return self._store.get(paths.client(self.client_id) + key)

    def set(self, key: str, value: bytes) -> None:
        """Store a value of the client's own."""
        self._store.set(paths.client(self.client_id) + key, value)
