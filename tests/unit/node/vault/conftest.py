from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest

from corda_sim.core.contracts import (
    Amount,
    ContractState,
    Currency,
    Issued,
    SignatureAttachmentConstraint,
    StateRef,
    TransactionState,
)
from corda_sim.core.crypto.crypto import generate_key_pair
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import KeyPair, PublicKey
from corda_sim.core.crypto.schemes import DEFAULT_SIGNATURE_SCHEME
from corda_sim.core.crypto.signatures import sign_transaction_id
from corda_sim.core.identity import AnonymousParty, CordaX500Name, Party, PartyAndReference
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.transactions import SignedTransaction, WireTransaction
from corda_sim.core.transactions.component_groups import ComponentGroup, ComponentGroupEnum
from corda_sim.flow.context import StagedStep
from corda_sim.flow.selection import CoinSelection
from corda_sim.flow.services import StatesToRecord
from corda_sim.node.fresh_keys import FreshKeyRoot
from corda_sim.node.identity_service import IdentityService
from corda_sim.node.keys import KeyManagementService
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.transactions import TransactionStorage
from corda_sim.node.vault.service import VaultService
from corda_sim.testing.databases import make_database
from states.cash import CASH_CONTRACT, CashState, Move

EUR = Currency.of("EUR")
GBP = Currency.of("GBP")


def pair(name: str) -> KeyPair:
    return generate_key_pair(DEFAULT_SIGNATURE_SCHEME, SecureHash.sha256(name.encode()))


def party(name: str) -> Party:
    return Party(CordaX500Name(name, "London", "GB"), pair(name).public)


ALICE, BOB, BANK, NOTARY = party("Alice"), party("Bob"), party("Bank"), party("Notary")


def coin(
    quantity: int, owner: PublicKey | None = None, currency: Currency = EUR, issuer: Party = BANK
) -> CashState:
    token = Issued(PartyAndReference(issuer, b"\1"), currency)
    owned_by = ALICE if owner is None else AnonymousParty(owner)
    return CashState(amount=Amount(quantity, token), owner=owned_by)


def transaction(
    *outputs: ContractState,
    inputs: tuple[StateRef, ...] = (),
    references: tuple[StateRef, ...] = (),
    salt: int = 1,
) -> SignedTransaction:
    constraint = SignatureAttachmentConstraint(pair("cordapp").public)
    made = [
        serialize(TransactionState(one, CASH_CONTRACT, NOTARY, None, constraint)) for one in outputs
    ]
    groups = (
        ComponentGroup(ComponentGroupEnum.INPUTS, tuple(map(serialize, inputs))),
        ComponentGroup(ComponentGroupEnum.OUTPUTS, tuple(made)),
        ComponentGroup(ComponentGroupEnum.COMMANDS, (serialize(Move()),)),
        ComponentGroup(ComponentGroupEnum.NOTARY, (serialize(NOTARY),)),
        ComponentGroup(ComponentGroupEnum.SIGNERS, (serialize((ALICE.owning_key,)),)),
        ComponentGroup(ComponentGroupEnum.REFERENCES, tuple(map(serialize, references))),
    )
    wire = WireTransaction(
        tuple(group for group in groups if group.components), salt.to_bytes(32, "big")
    )
    return SignedTransaction.of(wire, (sign_transaction_id(pair("Alice"), wire.id, 4),))


@dataclass
class Rig:
    """A vault over a database, and the steps that a flow engine would commit."""

    url: str
    now: int = 1_700_000_000_000_000_000
    salt: int = 0
    storage: SqlStorage = field(init=False)
    keys: KeyManagementService = field(init=False)
    transactions: TransactionStorage = field(init=False)
    vault: VaultService = field(init=False)

    def start(self) -> None:
        self.storage = SqlStorage(self.url)
        root = FreshKeyRoot(bytes(range(32)))
        self.keys = KeyManagementService(ALICE, [pair("Alice")], root, IdentityService())
        table = self.storage.table("node_our_key_pairs")
        self.keys.load([dict(row._mapping) for row in self.storage.read(table.select())])
        self.transactions = TransactionStorage(self.storage, lambda: self.now)
        self.vault = VaultService(self.storage, self.keys, lambda: self.now, self.transactions)
        self.vault.load()

    def restart(self) -> None:
        self.storage.close()
        self.start()

    def commit(self, *steps: StagedStep) -> None:
        outcomes = self.storage.commit([step.batch for step in steps], epoch=None)
        for outcome, step in zip(outcomes, steps, strict=True):
            if outcome is not None:
                raise outcome
            for action in step.on_commit:
                action()

    @staticmethod
    def roll_back(step: StagedStep) -> None:
        for undo in reversed(step.on_rollback):
            undo()

    def record(
        self,
        step: StagedStep,
        stx: SignedTransaction,
        states: StatesToRecord = StatesToRecord.ONLY_RELEVANT,
    ) -> None:
        self.transactions.stage(step, stx, verified=True)
        self.vault.record(step, stx, states)

    def issue(self, *states: ContractState) -> list[StateRef]:
        self.salt += 1
        stx = transaction(*states, salt=self.salt)
        step = StagedStep("issue")
        self.record(step, stx)
        self.commit(step)
        return [StateRef(stx.id, i) for i in range(len(states))]

    def account_key(self, account: UUID) -> PublicKey:
        step = StagedStep("key")
        key = self.keys.fresh_key(step.batch, account)
        self.commit(step)
        return key

    def select(self, step: StagedStep, selection: CoinSelection) -> tuple[StateRef, ...] | None:
        found = self.vault.try_select(step, selection)
        return None if found is None else deserialize(found, tuple)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(make_database(tmp_path / "node.db", ("node", "cash")))
    made.start()
    yield made
    made.storage.close()
