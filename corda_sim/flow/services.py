"""What the engine and flows expect of the node; declared here, by the consumer."""

from collections.abc import Callable, Collection, Iterable, Mapping
from enum import IntEnum
from typing import Any, Protocol, TypeVar
from uuid import UUID

from corda_sim.core.contracts import StateAndRef, StateRef
from corda_sim.core.contracts.attachments import ContractAttachment
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.identity import AbstractParty, CordaX500Name, Party
from corda_sim.core.transactions import SignedTransaction
from corda_sim.core.transactions.services import ServicesForResolution
from corda_sim.core.vault_query import Page
from corda_sim.flow.context import StagedStep
from corda_sim.flow.journal import FlowJournal

S = TypeVar("S")


class StatesToRecord(IntEnum):
    """Which outputs of a recorded transaction become vault states (node.StatesToRecord)."""

    NONE = 0
    ONLY_RELEVANT = 1
    ALL_VISIBLE = 2


class VaultChange(Protocol):
    """What a committed step changed in the vault."""

    @property
    def consumed(self) -> tuple[StateRef, ...]:
        """States that are spent now."""
        ...

    @property
    def produced(self) -> tuple[StateAndRef[Any], ...]:
        """States that are new."""
        ...


class VaultFeed(Protocol):
    """A subscription to the vault."""

    @property
    def snapshot(self) -> Page:
        """The states at its start."""
        ...


class VaultForFlows(Protocol):
    """The vault; what it chooses is journaled as bytes, what it locks is staged."""

    def query(self, criteria: object) -> bytes:
        """Refs and metadata of the states that match: a serialized page."""
        ...

    def track(self, criteria: object, observer: Callable[[VaultChange], None]) -> VaultFeed:
        """A snapshot, then every committed change of its types to the observer, for good."""
        ...

    def try_select(self, staged: StagedStep, selection: object) -> bytes | None:
        """Refs of coins for `selection`, locked for the flow; None when too few are free.

        Raises InsufficientBalanceException when there aren't enough even with the locked ones.
        """
        ...

    def describe_blockers(self, selection: object) -> str:
        """Which flows hold the coins that `selection` waits for."""
        ...

    def add_note_to_transaction(self, staged: StagedStep, tx_id: SecureHash, note: str) -> None:
        """Stage a note of the node's own on a transaction."""
        ...

    def transaction_notes(self, tx_id: SecureHash) -> tuple[str, ...]:
        """The committed notes on a transaction, oldest first."""
        ...

    def soft_lock_reserve(self, staged: StagedStep, refs: Iterable[StateRef]) -> None:
        """Lock states for the flow; StatesNotAvailableException when one is taken."""
        ...

    def soft_lock_release(self, staged: StagedStep, refs: Iterable[StateRef] | None) -> None:
        """Unlock these states of the flow, or all of them."""
        ...


class NodeServices(ServicesForResolution, Protocol):
    """The node as flows and the engine use it. Methods with `staged` write only through it."""

    @property
    def our_identity(self) -> Party:
        """The node's legal identity."""
        ...

    @property
    def vault(self) -> VaultForFlows:
        """The vault."""
        ...

    def now_ns(self) -> int:
        """Nanoseconds since the epoch."""
        ...

    def entropy(self, size: int) -> bytes:
        """Fresh random bytes."""
        ...

    def well_known_party(self, who: AbstractParty | PublicKey | CordaX500Name) -> Party | None:
        """The legal identity behind a key or a name, as far as this node knows."""
        ...

    def party_by_text(self, text: str) -> Party:
        """The party that `text` names: X.500, or an unambiguous part of it."""
        ...

    def register_key(
        self, staged: StagedStep, key: PublicKey, party: Party, external_id: UUID | None
    ) -> None:
        """Note that `key` is `party`'s; another party's key is refused."""
        ...

    def fresh_key(self, staged: StagedStep, external_id: UUID | None) -> PublicKey:
        """A new key of ours."""
        ...

    def find_our_keys(self, staged: StagedStep, keys: Mapping[PublicKey, UUID | None]) -> None:
        """After a restore: take back those of `keys`, each of an account, that the root derives."""
        ...

    def is_our_key(self, key: PublicKey) -> bool:
        """Whether we can sign with `key`."""
        ...

    def sign(self, key: PublicKey, data: bytes) -> bytes:
        """Sign with a key of ours."""
        ...

    def record_transactions(
        self,
        staged: StagedStep,
        transactions: Iterable[SignedTransaction],
        states: StatesToRecord,
        *,
        verified: bool,
    ) -> None:
        """Stage transactions and what they mean for the vault."""
        ...

    def import_attachment(self, staged: StagedStep, content: bytes, uploader: str) -> SecureHash:
        """Stage an attachment; code in it is trusted only if the operator installed it."""
        ...

    def load_attachment(self, attachment_id: SecureHash) -> ContractAttachment | None:
        """An attachment, committed or staged."""
        ...

    def load_verified(self, tx_id: SecureHash) -> SignedTransaction | None:
        """A transaction that was verified, committed or staged; unlike `load_transaction`."""
        ...

    def is_verified(self, tx_id: SecureHash) -> bool:
        """Whether the transaction is recorded as verified, in a committed step."""
        ...

    async def run_beside(self, work: Callable[[], None]) -> None:
        """Do work that takes long and asks no service; the node does its other work meanwhile."""
        ...

    def claim_fetches(self, flow_id: str, ids: Iterable[SecureHash]) -> Iterable[SecureHash]:
        """Those of `ids` that no other flow fetches from its peer; they are the flow's to fetch."""
        ...

    def fetchers(self, flow_id: str, ids: Iterable[SecureHash]) -> Collection[str]:
        """The other flows that fetch transactions of `ids` which aren't verified yet."""
        ...

    def end_fetches(self, staged: StagedStep, flow_id: str) -> None:
        """With the step's commit the flow fetches nothing more."""
        ...

    def state_and_ref(self, ref: StateRef) -> StateAndRef[Any]:
        """The state that `ref` points to; TransactionResolutionException when unknown."""
        ...

    def is_clustered(self, service: Party) -> bool:
        """Whether several nodes act for the distributed service `service`."""
        ...

    def cordapp_service(self, cls: type[S]) -> S:
        """The node's instance of a CorDapp service."""
        ...


class EngineServices(NodeServices, Protocol):
    """What the engine needs beside what flows need."""

    def message_seen(self, message_id: str) -> bool:
        """Whether a session-init was taken before."""
        ...

    def flow_of_client_id(self, client_id: str) -> str | None:
        """The flow that was started with a client id, finished ones included."""
        ...

    def load_journal(self, flow_id: str) -> FlowJournal | None:
        """A flow's committed journal."""
        ...

    def party_of_key(self, encoded: bytes) -> Party | None:
        """The well-known party whose identity key has this encoding."""
        ...

    def acts_for(self, sender: Party, service: Party) -> bool:
        """Whether `sender` is a member of the distributed service `service`."""
        ...

    def are_consumed(self, refs: Collection[StateRef]) -> bool:
        """Whether committed transactions have consumed all these states of the vault."""
        ...

    def release_locks(self, staged: StagedStep) -> None:
        """Release the soft locks of the step's flow, and whatever else it holds."""
        ...
