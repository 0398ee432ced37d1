"""What a light client is to the core (ibc-go modules/core/exported/client.go)."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.moment import Moment


class Status(Enum):
    """Whether a client may be relied on."""

    ACTIVE = "Active"
    EXPIRED = "Expired"
    FROZEN = "Frozen"


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof with the height that it is judged at, and the prefix of the chain it is from."""

    height: Height
    prefix: bytes
    data: bytes


class LightClient(Protocol):
    """One type of client. It keeps nothing: all it knows is in the client's store.

    Whatever doesn't verify raises an IbcError, and the store must then be dropped.
    """

    @property
    def client_type(self) -> str:
        """What client ids of this type start with."""

    @property
    def client_state_url(self) -> str:
        """The type URL of its client states."""

    def initialise(
        self, store: ClientStore, client_state: AnyMessage, consensus_state: AnyMessage, now: Moment
    ) -> Height:
        """Check and store the first states; the height of the first consensus state."""

    def status(self, store: ClientStore, now: Moment) -> Status:
        """Whether the client is active."""

    def latest_height(self, store: ClientStore) -> Height:
        """The highest height known, (0, 0) without any."""

    def timestamp_at(self, store: ClientStore, height: Height) -> int:
        """The other chain's time at a height, in nanoseconds.

        Raises: ErrConsensusStateNotFound.
        """

    def update(self, store: ClientStore, message: AnyMessage, now: Moment) -> tuple[Height, ...]:
        """Verify a client message and store what follows; the heights that are new."""

    def verify_membership(
        self, store: ClientStore, proof: Proof, path: str, value: bytes, now: Moment
    ) -> None:
        """Raise ErrInvalidProof unless ``value`` is at ``path`` on the other chain."""

    def verify_non_membership(
        self, store: ClientStore, proof: Proof, path: str, now: Moment
    ) -> None:
        """Raise ErrInvalidProof unless nothing is at ``path`` on the other chain."""
