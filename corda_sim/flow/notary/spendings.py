"""What a notary tells of states that were consumed: by which transaction, and at whose request."""

from dataclasses import dataclass

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.identity import Party
from corda_sim.core.serialization import serializable
from corda_sim.flow.notary.requests import (
    NotarisationRequestSignature,
    build_request,
    check_request_signature,
)

SPENDINGS_FLOW = "corda_sim.bridge.AskSpendingsFlow"
"""The wire name of the asker's flow."""
MAX_ASKED = 500
"""States in one question."""


@serializable("corda_sim.notary.SpendingsQuery")
@dataclass(frozen=True, slots=True)
class SpendingsQuery:
    """Which of these states are consumed? At most ``MAX_ASKED``."""

    refs: tuple[StateRef, ...]


@serializable("corda_sim.notary.Spending")
@dataclass(frozen=True, slots=True)
class Spending:
    """A committed transaction with all its inputs, and who had it committed.

    ``requester`` is an X.500 name; ``signature`` proves that it asked.
    """

    transaction_id: SecureHash
    states: tuple[StateRef, ...]
    requester: str
    signature: NotarisationRequestSignature

    def is_proven(self, requester: Party | None) -> bool:
        """Whether the party of that name, as the reader knows it, has signed the request."""
        if requester is None or str(requester.name) != self.requester:
            return False
        request = build_request(self.states, self.transaction_id)
        return check_request_signature(request, self.signature, requester) is None


@serializable("corda_sim.notary.Spendings")
@dataclass(frozen=True, slots=True)
class Spendings:
    """The transactions that consumed states of the question, each once."""

    found: tuple[Spending, ...]
