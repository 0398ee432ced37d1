"""What the invariants speak of, as it was read from the databases."""

from dataclasses import dataclass, field

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.flow.notary.heads import NotaryHead
from corda_sim.flow.state import FlowStatus
from corda_sim.invariants.facts import TransactionFacts


@dataclass(frozen=True, slots=True)
class NodeDatabase:
    """Where a node keeps its rows; `notary_url` where this node is a notary, its ledger."""

    name: str
    legal_name: str
    url: str = field(repr=False)
    notary_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class VaultRow:
    """A state in a vault; `quantity` as `vault_fungible_states` has it."""

    unconsumed: bool
    relevant: bool
    lock_id: str | None
    quantity: int | None


@dataclass(frozen=True, slots=True)
class FlowRow:
    """A flow as its checkpoint tells it, with what is kept of its outcome."""

    flow_id: str
    status: FlowStatus
    pending_sends: bool
    name: str
    client_id: str | None
    has_result: bool
    exception: str | None
    """The class name of the exception that is kept."""


@dataclass(frozen=True, slots=True)
class OpenSessions:
    """What a live flow's journal says of its sessions, by their ids.

    `opened` by itself, `confirmed` by their responders, `ended` by the other side; `origin` is the
    session-init that started the flow: initiator's name, its session's id, and our own.
    """

    flow_id: str
    opened: frozenset[int]
    confirmed: frozenset[int]
    ended: frozenset[int]
    origin: tuple[str, int, int] | None


@dataclass(slots=True)
class NodeView:
    """One node's database at one moment."""

    name: str
    legal_name: str = ""
    verified: dict[SecureHash, TransactionFacts] = field(default_factory=dict)
    unverified: dict[SecureHash, TransactionFacts] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)
    own_keys: frozenset[str] = frozenset()
    vault: dict[StateRef, VaultRow] = field(default_factory=dict)
    flows: dict[str, FlowRow] = field(default_factory=dict)
    unpointed: list[str] = field(default_factory=list)
    """Flows that were started, and of which no checkpoint tells what became."""
    sessions: list[OpenSessions] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    steps: dict[str, list[int]] = field(default_factory=dict)
    messages: list[tuple[int, str, int]] = field(default_factory=list)
    outbox: tuple[str, ...] = ()
    epochs: tuple[int, ...] = ()
    """Of the newest commits, in their order."""
    lease: int | None = None
    """The epoch of the lease's holder."""
    heads: tuple[NotaryHead, ...] = ()
    """The highest head seen of each notary worker."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One committed batch of a notary worker: the digest of its content, and the head after it."""

    digest: SecureHash
    head: NotaryHead


@dataclass(frozen=True, slots=True)
class NotaryView:
    """What a notary recorded: by consumed state the transaction, all transactions, its batches."""

    name: str
    spent: dict[StateRef, SecureHash]
    committed: frozenset[SecureHash]
    batches: tuple[Batch, ...]
