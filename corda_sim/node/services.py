"""The node's services in one place, as the engine and flows see them (ServiceHubInternal)."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from uuid import UUID

from corda_sim.core.contracts import StateAndRef, StateRef
from corda_sim.core.contracts.attachments import ContractAttachment
from corda_sim.core.contracts.loader import ContractLoader
from corda_sim.core.crypto.crypto import decode_public_key
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalStateError, TransactionResolutionException
from corda_sim.core.identity import AbstractParty, CordaX500Name, Party
from corda_sim.core.network import NetworkParameters
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow.context import StagedStep
from corda_sim.flow.journal import FlowJournal
from corda_sim.flow.services import StatesToRecord
from corda_sim.node.attachments import AttachmentStorage
from corda_sim.node.checkpoints import CheckpointStorage
from corda_sim.node.fetches import TransactionFetches
from corda_sim.node.identity_service import IdentityService
from corda_sim.node.keys import KeyManagementService
from corda_sim.node.transactions import TransactionStorage
from corda_sim.node.vault.service import VaultService

S = TypeVar("S")
KEY_WINDOW = 100
"""How far past the last known key of an account those of a lost database are looked for."""


@dataclass(slots=True)
class ServiceHub:
    """Implements what `corda_sim.flow.services.EngineServices` asks for.

    `clock` gives nanoseconds since the epoch, `entropy` random bytes. `members` tells which
    parties act for a distributed service. Without `workers` long work is done on the loop.
    """

    our_identity: Party
    network_parameters: NetworkParameters
    identities: IdentityService
    keys: KeyManagementService
    transactions: TransactionStorage
    attachments: AttachmentStorage
    vault: VaultService
    checkpoints: CheckpointStorage
    clock: Callable[[], int]
    entropy: Callable[[int], bytes]
    contract_loader: ContractLoader = field(default_factory=ContractLoader)
    past_parameters: dict[SecureHash, NetworkParameters] = field(default_factory=dict)
    members: dict[Party, frozenset[Party]] = field(default_factory=dict)
    fetches: TransactionFetches = field(default_factory=TransactionFetches)
    cordapp_services: dict[type[Any], object] = field(default_factory=dict)
    workers: Executor | None = None

    def now_ns(self) -> int:
        """Nanoseconds since the epoch."""
        return self.clock()

    # --- identities and keys ------------------------------------------------------------------

    def well_known_party(self, who: AbstractParty | PublicKey | CordaX500Name) -> Party | None:
        """The legal identity behind a key or a name."""
        if isinstance(who, CordaX500Name):
            return self.identities.well_known_party_from_x500_name(who)
        return self.identities.well_known_party_from_anonymous(who)

    def party_by_text(self, text: str) -> Party:
        """The party that `text` names unambiguously."""
        return self.identities.party_from_name(text)

    def party_of_key(self, encoded: bytes) -> Party | None:
        """The well-known party of an encoded identity key."""
        if not encoded:
            return None
        return self.identities.well_known_party_from_anonymous(decode_public_key(encoded))

    def register_key(
        self, staged: StagedStep, key: PublicKey, party: Party, external_id: UUID | None
    ) -> None:
        """Note whose key this is."""
        self.identities.register_key(staged.batch, key, party, external_id)

    def fresh_key(self, staged: StagedStep, external_id: UUID | None) -> PublicKey:
        """A new key of ours, known to the identity service too."""
        key = self.keys.fresh_key(staged.batch, external_id)
        self.identities.register_key(staged.batch, key, self.our_identity, external_id)
        return key

    def find_our_keys(self, staged: StagedStep, keys: Mapping[PublicKey, UUID | None]) -> None:
        """Take back keys of ours that were made after the backup this database comes from."""
        unknown = {key: account for key, account in keys.items() if not self.is_our_key(key)}
        if unknown:
            accounts = [account for account in unknown.values() if account is not None]
            self.keys.derive_ahead(unknown.keys(), accounts, KEY_WINDOW, staged.batch)

    def is_our_key(self, key: PublicKey) -> bool:
        """Whether we can sign with `key`."""
        return self.keys.is_our_key(key)

    def sign(self, key: PublicKey, data: bytes) -> bytes:
        """Sign with a key of ours."""
        return self.keys.sign(data, key)

    def acts_for(self, sender: Party, service: Party) -> bool:
        """Whether `sender` is a member of the distributed service."""
        return sender in self.members.get(service, frozenset())

    def is_clustered(self, service: Party) -> bool:
        """Whether several nodes act for the distributed service."""
        return len(self.members.get(service, ())) > 1

    # --- ledger -------------------------------------------------------------------------------

    def network_parameters_by_hash(self, hash: SecureHash) -> NetworkParameters | None:  # noqa: A002
        """Parameters, past ones included."""
        if hash == self.network_parameters.hash:
            return self.network_parameters
        return self.past_parameters.get(hash)

    def contract_attachment_id(self, contract_name: str) -> SecureHash:
        """The installed attachment with that contract."""
        return self.attachments.contract_attachment_id(contract_name)

    def load_transaction(self, id: SecureHash) -> SignedTransaction | None:  # noqa: A002
        """A transaction, verified or not, committed or staged."""
        return self.transactions.get(id)

    def load_verified(self, tx_id: SecureHash) -> SignedTransaction | None:
        """A verified transaction, committed or staged."""
        return self.transactions.get_verified(tx_id)

    def load_attachment(self, id: SecureHash) -> ContractAttachment | None:  # noqa: A002
        """An attachment, committed or staged."""
        return self.attachments.get(id)

    def is_verified(self, tx_id: SecureHash) -> bool:
        """Whether the transaction is recorded as verified."""
        return self.transactions.is_verified(tx_id)

    async def run_beside(self, work: Callable[[], None]) -> None:
        """Do long work in the worker pool, where there is one."""
        if self.workers is None:
            work()
        else:
            await asyncio.get_running_loop().run_in_executor(self.workers, work)

    def claim_fetches(self, flow_id: str, ids: Iterable[SecureHash]) -> Iterable[SecureHash]:
        """Those of `ids` that no other flow fetches from its peer; they are the flow's to fetch."""
        return self.fetches.claim(flow_id, ids)

    def fetchers(self, flow_id: str, ids: Iterable[SecureHash]) -> Collection[str]:
        """The other flows that fetch transactions of `ids` which aren't verified yet."""
        found = (self.fetches.fetcher(one) for one in ids if not self.is_verified(one))
        return sorted({one for one in found if one not in (None, flow_id)})

    def end_fetches(self, staged: StagedStep, flow_id: str) -> None:
        """With the step's commit the flow fetches nothing more."""
        self.fetches.end(staged, flow_id)

    def state_and_ref(self, ref: StateRef) -> StateAndRef[Any]:
        """The state that `ref` points to."""
        transaction = self.transactions.get(ref.txhash)
        if transaction is None:
            raise TransactionResolutionException(ref.txhash)
        return transaction.tx.out_ref(ref.index)

    def record_transactions(
        self,
        staged: StagedStep,
        transactions: Iterable[SignedTransaction],
        states: StatesToRecord,
        *,
        verified: bool,
    ) -> None:
        """Stage transactions and their vault rows."""
        for transaction in transactions:
            self.transactions.stage(staged, transaction, verified=verified)
            if verified:
                self.vault.record(staged, transaction, states)

    def import_attachment(self, staged: StagedStep, content: bytes, uploader: str) -> SecureHash:
        """Stage an attachment."""
        return self.attachments.stage(staged, content, uploader)

    def release_locks(self, staged: StagedStep) -> None:
        """Release the soft locks of the step's flow, and what it meant to fetch."""
        self.vault.soft_lock_release(staged, None)
        if staged.flow_id is not None:
            self.fetches.end(staged, staged.flow_id)

    # --- flows --------------------------------------------------------------------------------

    def are_consumed(self, refs: Collection[StateRef]) -> bool:
        """Whether committed transactions have consumed all these states of the vault."""
        return self.vault.are_consumed(refs)

    def message_seen(self, message_id: str) -> bool:
        """Whether a session-init was taken before."""
        return self.checkpoints.message_seen(message_id)

    def flow_of_client_id(self, client_id: str) -> str | None:
        """The flow that was started with a client id, finished ones included."""
        return self.checkpoints.flow_of_client_id(client_id)

    def load_journal(self, flow_id: str) -> FlowJournal | None:
        """A flow's committed journal."""
        return self.checkpoints.load_journal(flow_id)

    def cordapp_service(self, cls: type[S]) -> S:
        """The node's instance of a CorDapp service, by its class or a base of it."""
        for known, instance in self.cordapp_services.items():
            if cls in known.__mro__:
                return cast("S", instance)
        raise IllegalStateError(f"{cls.__name__} is not a CorDapp service of this node")
