"""What makes a chain's own evidence believable to the other chain's client."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import Height
from corda_sim.relayer.chain import Claim


@dataclass(frozen=True, slots=True)
class Proven:
    """Client messages to submit first, and a proof of each claim, good at `height`."""

    height: Height
    updates: tuple[AnyMessage, ...]
    proofs: tuple[bytes, ...]


class Prover(Protocol):
    """Proves one chain to a client on the other."""

    def prove(self, claims: Sequence[Claim], known: Height) -> Proven:
        """Proofs for a client whose newest height is `known`.

        Raises: NothingToProveException, ProofTooOldException, EnclaveLostException, and what its
        services raise.
        """

    def key_to_register(self, client_id: str) -> AnyMessage | None:
        """What the client has to be told before its present key ends; None while there is time.

        Raises: EnclaveKeyException.
        """

    def doubt(self) -> None:
        """Something failed: rely on nothing that was asked before."""

    def prepare(self, client_id: str | None) -> None:
        """Make what stands behind a client on the other chain, unless it is there.

        An activated one, if there is, is to be led on from what it holds. Raises:
        StateMismatchException when what is there follows another chain, EnclaveLostException when
        it doesn't lead on from there.
        """

    def client_states(self) -> tuple[AnyMessage, AnyMessage]:
        """What a new client is made from on the other chain."""

    def activation(self) -> AnyMessage:
        """The first update of a new client, its emitted state checked.

        Raises: StateMismatchException.
        """

    def fits(self, client_state: AnyMessage) -> bool:
        """Whether a client on the other chain is of our type and terms."""

    def is_ours(self, client_id: str) -> bool:
        """Whether an activated client on the other chain follows this very chain."""
