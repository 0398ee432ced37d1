"""What the checker finds."""

from dataclasses import dataclass
from enum import StrEnum


class ViolationKind(StrEnum):
    """Which invariant doesn't hold."""

    DOUBLE_SPEND = "double_spend"
    NOT_NOTARISED = "not_notarised"
    LOST_TRANSACTION = "lost_transaction"
    NOT_SHARED = "not_shared"
    BROKEN_CHAIN = "broken_chain"
    ROLLED_BACK = "rolled_back"
    VALUE_NOT_CONSERVED = "value_not_conserved"
    MISSING_DEPENDENCY = "missing_dependency"
    DAMAGED_TRANSACTION = "damaged_transaction"
    LOST_FLOW = "lost_flow"
    ORPHAN_SESSION = "orphan_session"
    NOT_DETERMINISTIC = "not_deterministic"
    AMBIGUOUS_OUTCOME = "ambiguous_outcome"
    DUPLICATE_MESSAGE = "duplicate_message"
    BROKEN_JOURNAL = "broken_journal"
    FENCED_COMMIT = "fenced_commit"
    VAULT_MISMATCH = "vault_mismatch"
    ORPHAN_LOCK = "orphan_lock"
    UNSENT_MESSAGE = "unsent_message"
    PACKET_MISMATCH = "packet_mismatch"
    HALF_SETTLED = "half_settled"
    STRANDED_LOCK = "stranded_lock"
    OWNER_MISMATCH = "owner_mismatch"


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One invariant broken: at which node (`network` for what spans several), and how."""

    kind: ViolationKind
    node: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind} at {self.node}: {self.detail}"
