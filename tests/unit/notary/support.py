from datetime import UTC, datetime, timedelta

from corda_sim.core.contracts import StateRef, TimeWindow
from corda_sim.core.crypto.hashes import SecureHash
from notary.decide import CommitRequest
from notary.store import LoggedRequest

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
OPEN = TimeWindow.until_only(NOW + timedelta(hours=1))
EXPIRED = TimeWindow.until_only(NOW - timedelta(hours=1))
FUTURE = TimeWindow.from_only(NOW + timedelta(hours=1))
WORKER = "O=Notary Worker, L=Zurich, C=CH"


def tx(name: str) -> SecureHash:
    return SecureHash.sha256(name.encode())


def ref(name: str, index: int = 0) -> StateRef:
    return StateRef(tx("of " + name), index)


def request(
    name: str, inputs: str = "", references: str = "", window: TimeWindow | None = None
) -> CommitRequest:
    """A request for transaction `name`; each letter of `inputs` and `references` is a state."""
    return CommitRequest(tx(name), tuple(map(ref, inputs)), tuple(map(ref, references)), window)


def logged(
    name: str, inputs: str = "", references: str = "", window: TimeWindow | None = None
) -> LoggedRequest:
    return LoggedRequest(request(name, inputs, references, window), "O=PartyA, L=London, C=GB")
