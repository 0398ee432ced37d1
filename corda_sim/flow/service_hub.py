"""The services as a flow sees them: every answer that could differ next time is journaled."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast
from uuid import UUID

from corda_sim.core.contracts import StateAndRef, StateRef
from corda_sim.core.contracts.attachments import ContractAttachment
from corda_sim.core.crypto.crypto import decode_public_key, remember_right
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.crypto.signatures import (
    PLATFORM_VERSION,
    SignableData,
    SignatureMetadata,
    TransactionSignature,
)
from corda_sim.core.errors import TransactionResolutionException
from corda_sim.core.identity import AbstractParty, CordaX500Name, Party
from corda_sim.core.instants import instant
from corda_sim.core.network import NetworkParameters
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder
from corda_sim.flow._traps import suspend
from corda_sim.flow.building import JournaledServices
from corda_sim.flow.context import FAILED, FlowContext
from corda_sim.flow.fetches import FlowFetches
from corda_sim.flow.requests import AwaitCondition, ForceCheckpoint
from corda_sim.flow.selection import InsufficientBalanceException
from corda_sim.flow.services import NodeServices, StatesToRecord
from corda_sim.flow.settings import FlowTimeout
from corda_sim.flow.verifying import TransactionVerification, verify_in_flow

S = TypeVar("S")
COINS_TOPIC = "coins"
SELECTION_WAIT = timedelta(seconds=120)
"""How long a flow waits for coins that other flows hold."""


class FlowVault:
    """The vault, as a flow sees it."""

    def __init__(self, context: FlowContext, services: NodeServices) -> None:
        self._context = context
        self._services = services

    async def query(self, criteria: object) -> Any:  # noqa: ANN401 - the page type is the vault's
        """The page of states that match, after the flow's own staged rows have committed."""
        await self._commit_before("query")
        data = self._context.record("query", lambda: self._services.vault.query(criteria))
        return deserialize(data, object)

    async def _commit_before(self, kind: str) -> None:
        """What the flow has staged is there before it asks; a replay does as the journal says."""
        context = self._context
        if context.replaying:
            waits = not (context.next_input_is(kind) or context.next_input_is(kind + FAILED))
        else:
            waits = context.has_staged
        if waits:
            await suspend(ForceCheckpoint())

    def add_note_to_transaction(self, tx_id: SecureHash, note: str) -> None:
        """Keep a note of this node's own on a transaction (VaultService.addNoteToTransaction)."""
        if not self._context.replaying:
            self._services.vault.add_note_to_transaction(self._context.staged, tx_id, note)

    async def get_transaction_notes(self, tx_id: SecureHash) -> tuple[str, ...]:
        """This node's notes on a transaction, oldest first, the flow's own among them."""
        await self._commit_before("notes")
        vault = self._services.vault
        data = self._context.record("notes", lambda: serialize(vault.transaction_notes(tx_id)))
        return deserialize(data, tuple[str, ...])

    async def select_coins(
        self, selection: object, wait: timedelta = SELECTION_WAIT
    ) -> list[StateAndRef[Any]]:
        """Coins for `selection`, locked until the flow ends; waits for coins that are in use.

        Where the committed ones don't do, those that the flow itself has just made are waited for.
        """
        vault = self._services.vault
        found = self._context.record("coins", lambda: self._select_at_once(selection))
        if not found:
            now = self._context.record("clock", lambda: _int(self._services.now_ns()))
            deadline = int.from_bytes(now, "big") + wait // timedelta(microseconds=1) * 1000
            found = cast(
                "bytes",
                await suspend(
                    AwaitCondition(
                        COINS_TOPIC,
                        str(selection),
                        deadline,
                        lambda: vault.try_select(self._context.staged, selection),
                        lambda: vault.describe_blockers(selection),
                    )
                ),
            )
        refs = deserialize(found, tuple)
        return [self._services.state_and_ref(ref) for ref in refs]

    def _select_at_once(self, selection: object) -> bytes:
        context = self._context
        try:
            return self._services.vault.try_select(context.staged, selection) or b""
        except InsufficientBalanceException:
            if context.has_staged:
                return b""
            raise

    def soft_lock_reserve(self, refs: Iterable[StateRef]) -> None:
        """Lock states until the flow ends."""
        if not self._context.replaying:
            self._services.vault.soft_lock_reserve(self._context.staged, refs)

    def soft_lock_release(self, refs: Iterable[StateRef] | None = None) -> None:
        """Unlock states before the flow ends."""
        if not self._context.replaying:
            self._services.vault.soft_lock_release(self._context.staged, refs)


def _int(value: int) -> bytes:
    return value.to_bytes(8, "big")


class FlowServiceHub:
    """The node's services with journaled answers (net.corda.core.node.ServiceHub)."""

    def __init__(
        self, context: FlowContext, services: NodeServices, app_names: dict[str, str]
    ) -> None:
        self._context = context
        self.services = services
        self._app_names = app_names
        self.vault = FlowVault(context, services)
        self.fetches = FlowFetches(context, services)
        self._journaled = JournaledServices(context, services)

    def app_of(self, flow: type[Any]) -> str:
        """The CorDapp of a flow class."""
        return self._app_names.get(flow.flow_name, "corda")

    def now_ns(self) -> int:
        """The node's clock, ns since the epoch."""
        data = self._context.record("clock", lambda: _int(self.services.now_ns()))
        return int.from_bytes(data, "big")

    def timeout(self, delay: Callable[[FlowTimeout], int | None]) -> int | None:
        """A deadline (ns) by the node's `flowTimeout`, journaled; None where `delay` gives none.

        The delay is stretched by up to a half, so that flows don't all ask again at once.
        """

        def draw() -> bytes:
            wait = delay(self._context.timeouts)
            if wait is None:
                return b""
            dice = int.from_bytes(self.services.entropy(2), "big")
            return _int(self.services.now_ns() + wait + wait * dice // (2 * 65_536))

        data = self._context.record("deadline", draw)
        return int.from_bytes(data, "big") if data else None

    def now(self) -> datetime:
        """The node's clock, to the microsecond."""
        return instant(self.now_ns())

    def random_bytes(self, size: int) -> bytes:
        """Random bytes from the flow's journaled seed."""
        return self._context.random_bytes(size)

    def random_uuid(self) -> UUID:
        """A random UUID from the flow's journaled seed."""
        return UUID(bytes=self._context.random_bytes(16), version=4)

    @property
    def network_parameters(self) -> NetworkParameters:
        """The parameters in force; which they are is journaled."""
        return self._journaled.network_parameters

    def notary_identities(self) -> tuple[Party, ...]:
        """The notaries of the network, in the parameters' order."""
        return tuple(notary.identity for notary in self.network_parameters.notaries)

    def is_notary(self, party: Party) -> bool:
        """Whether the parameters list `party` as a notary."""
        return party in self.notary_identities()

    def is_validating_notary(self, party: Party) -> bool:
        """Whether `party` is a validating notary."""
        notaries = self.network_parameters.notaries
        return any(notary.validating for notary in notaries if notary.identity == party)

    def well_known_party_from_anonymous(self, party: AbstractParty | PublicKey) -> Party | None:
        """The legal identity behind a party or key."""
        return self.services.well_known_party(party)

    def well_known_party(self, name: CordaX500Name) -> Party | None:
        """The party of that name."""
        return self.services.well_known_party(name)

    def register_key(self, key: PublicKey, party: Party, external_id: UUID | None = None) -> None:
        """Note whose key this is."""
        if not self._context.replaying:
            self.services.register_key(self._context.staged, key, party, external_id)

    def fresh_key(self, external_id: UUID | None = None) -> PublicKey:
        """A new key of ours, for an account if `external_id` names one."""
        data = self._context.record(
            "key", lambda: self.services.fresh_key(self._context.staged, external_id).encoded
        )
        return decode_public_key(data)

    def find_our_keys(self, keys: Mapping[PublicKey, UUID | None]) -> None:
        """After a restore: take back those of `keys` that the sealed root derives further ahead.

        Each stands with its account, None for the node's own.
        """
        if not self._context.replaying:
            self.services.find_our_keys(self._context.staged, keys)

    def is_our_key(self, key: PublicKey) -> bool:
        """Whether we can sign with `key`."""
        return self.services.is_our_key(key)

    def our_keys(self, keys: Iterable[PublicKey]) -> list[PublicKey]:
        """Those of the leaf keys of `keys` that are ours, in a stable order."""
        leaves = {leaf for key in keys for leaf in key.keys}
        return sorted((k for k in leaves if self.is_our_key(k)), key=lambda k: k.encoded)

    def sign_bytes(self, data: bytes, key: PublicKey | None = None) -> bytes:
        """Sign with a key of ours, the legal identity's by default."""
        signer = key or self.services.our_identity.owning_key
        if signer.scheme is SignatureScheme.EDDSA_ED25519_SHA512:
            return self.services.sign(signer, data)
        return self._context.record("signature", lambda: self.services.sign(signer, data))

    def create_signature(self, tx_id: SecureHash, key: PublicKey) -> TransactionSignature:
        """Our signature over a transaction id."""
        metadata = SignatureMetadata(PLATFORM_VERSION, key.scheme)
        data = SignableData(tx_id, metadata).serialize()
        signed = self.sign_bytes(data, key)
        if not self._context.replaying:
            remember_right(key, signed, data)
        return TransactionSignature(signed, key, metadata)

    def sign_initial_transaction(
        self, builder: TransactionBuilder, *keys: PublicKey
    ) -> SignedTransaction:
        """Build the transaction and sign it, with the legal identity's key by default."""
        wire = builder.to_wire_transaction(self._journaled, self.random_bytes(32))
        signers = keys or (self.services.our_identity.owning_key,)
        signatures = tuple(self.create_signature(wire.id, key) for key in signers)
        return SignedTransaction.of(wire, signatures)

    def get_transaction(self, tx_id: SecureHash) -> SignedTransaction | None:
        """A verified transaction that this node has; whether it does is journaled."""
        found: list[SignedTransaction | None] = []

        def look_up() -> bytes:
            found.append(self.services.load_verified(tx_id))
            return b"" if found[0] is None else b"\1"

        if not self._context.record("transaction", look_up):
            return None
        return found[0] if found else self._reload(tx_id)

    def _reload(self, tx_id: SecureHash) -> SignedTransaction:
        transaction = self.services.load_verified(tx_id)
        if transaction is None:
            raise TransactionResolutionException(tx_id)
        return transaction

    def state_and_ref(self, ref: StateRef) -> StateAndRef[Any]:
        """The state that `ref` points to."""
        return self.services.state_and_ref(ref)

    def get_attachment(self, attachment_id: SecureHash) -> ContractAttachment | None:
        """An attachment that this node has; whether it does is journaled."""
        known = self._context.record(
            "attachment", lambda: b"\1" if self.services.load_attachment(attachment_id) else b""
        )
        return self.services.load_attachment(attachment_id) if known else None

    def import_attachment(self, content: bytes, uploader: str) -> None:
        """Store an attachment that a peer sent."""
        if not self._context.replaying:
            self.services.import_attachment(self._context.staged, content, uploader)

    def record_transactions(
        self,
        transactions: Iterable[SignedTransaction],
        states: StatesToRecord = StatesToRecord.ONLY_RELEVANT,
        *,
        verified: bool = True,
    ) -> None:
        """Record transactions with this step; `verified=False` stores them aside until they are."""
        if not self._context.replaying:
            self.services.record_transactions(
                self._context.staged, transactions, states, verified=verified
            )

    async def verify_transaction(
        self, transaction: SignedTransaction, *, check_signatures: bool = True
    ) -> None:
        """Verify contracts and, unless told otherwise, that all signatures are there.

        The flow waits for the verdict on a large transaction, the node's other work goes on. In a
        replay the verdict is the journaled one. Raises: as `SignedTransaction.verify`.
        """
        operation = TransactionVerification(self.services, transaction, check_signatures)
        await verify_in_flow(self._context, operation)

    def cordapp_service(self, cls: type[S]) -> S:
        """The node's instance of a CorDapp service."""
        return self.services.cordapp_service(cls)
