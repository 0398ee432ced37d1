"""A small ledger: a contract package of its own, its archive, parties and look-ups."""

from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from corda_sim.core.contracts import ContractState
from corda_sim.core.contracts.attachments import ContractAttachment, sign_attachment
from corda_sim.core.contracts.loader import ContractLoader
from corda_sim.core.crypto.crypto import derive_key_pair_from_entropy
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import KeyPair
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.crypto.signatures import sign_transaction_id
from corda_sim.core.errors import AttachmentResolutionException
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.core.network import NetworkParameters, NotaryInfo
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder, WireTransaction
from corda_sim.node.packaging import build_cordapp_archive

CONTRACTS = """
from typing import ClassVar
from dataclasses import dataclass
from corda_sim.core.contracts import (
    CommandData, Contract, ContractState, TypeOnlyCommandData, require_single_command, require_that
)
from corda_sim.core.identity import Party
from corda_sim.core.serialization import serializable

@serializable("dummy.State")
class State(ContractState):
    belongs_to_contract: ClassVar[str] = "dummy.Contract"
    owner: Party
    magic: int = 0
    @property
    def participants(self):
        return (self.owner,)

@serializable("dummy.Homeless")
class Homeless(State):
    belongs_to_contract: ClassVar[str | None] = None

@serializable("dummy.Act")
@dataclass(frozen=True)
class Act(CommandData):
    refuse: str = ""

class DummyContract(Contract):
    contract_name: ClassVar[str] = "dummy.Contract"
    def verify(self, tx):
        act = require_single_command(tx.commands, Act)
        require_that(act.value.refuse, not act.value.refuse)
        require_that("states are ours", all(type(s) in (State, Homeless) for s in tx.output_states))

class OtherContract(Contract):
    contract_name: ClassVar[str] = "dummy.Other"
    def verify(self, tx):
        pass
"""


def pair(entropy: int) -> KeyPair:
    return derive_key_pair_from_entropy(SignatureScheme.EDDSA_ED25519_SHA512, entropy)


class Services:
    """Look-ups in dictionaries."""

    def __init__(self, parameters: NetworkParameters, attachment: ContractAttachment) -> None:
        self.network_parameters = parameters
        self.known_parameters = {parameters.hash: parameters}
        self.attachments = {attachment.id: attachment}
        self.current = attachment
        self.transactions: dict[SecureHash, SignedTransaction] = {}
        self.contract_loader = ContractLoader()

    def load_transaction(self, tx_id: SecureHash, /) -> SignedTransaction | None:
        return self.transactions.get(tx_id)

    def load_attachment(self, attachment_id: SecureHash, /) -> ContractAttachment | None:
        return self.attachments.get(attachment_id)

    def network_parameters_by_hash(self, wanted: SecureHash, /) -> NetworkParameters | None:
        return self.known_parameters.get(wanted)

    def contract_attachment_id(self, contract_name: str, /) -> SecureHash:
        if contract_name not in self.current.contracts:
            raise AttachmentResolutionException(contract_name)
        return self.current.id


class Ledger:
    """Parties, keys and the dummy contracts."""

    def __init__(self, module: ModuleType) -> None:
        self.contracts = module
        self.alice_pair, self.notary_pair, self.code_pair = pair(1), pair(2), pair(3)
        self.alice = Party(CordaX500Name("Alice", "London", "GB"), self.alice_pair.public)
        self.notary = Party(CordaX500Name("Notary", "Zurich", "CH"), self.notary_pair.public)
        self.other_notary = Party(CordaX500Name("Other", "Zurich", "CH"), pair(4).public)
        content = build_cordapp_archive("dummyapp.contracts")
        self.attachment = self.attach(content)
        self.services = Services(self.parameters(), self.attachment)
        self._salt = 0

    def attach(self, content: bytes, uploader: str = "app") -> ContractAttachment:
        return ContractAttachment.of(content, [sign_attachment(content, self.code_pair)], uploader)

    def parameters(self, **changes: int) -> NetworkParameters:
        fields: dict[str, Any] = {
            "max_transaction_size": 10_485_760,
            "epoch": 1,
            "minimum_platform_version": 4,
        }
        fields |= changes
        return NetworkParameters(
            notaries=(NotaryInfo(self.notary, True), NotaryInfo(self.other_notary, True)),
            max_message_size=10_485_760,
            modified_time=datetime(2026, 1, 1, tzinfo=UTC),
            **fields,
        )

    def use(self, parameters: NetworkParameters) -> None:
        self.services.network_parameters = parameters
        self.services.known_parameters[parameters.hash] = parameters

    def state(self, magic: int = 0) -> ContractState:
        made: ContractState = self.contracts.State(owner=self.alice, magic=magic)
        return made

    def act(self, builder: TransactionBuilder, refuse: str = "") -> TransactionBuilder:
        return builder.add_command(self.contracts.Act(refuse), self.alice_pair.public)

    def sign(self, builder: TransactionBuilder) -> SignedTransaction:
        self._salt += 1
        return self.signed(
            builder.to_wire_transaction(self.services, self._salt.to_bytes(32, "big"))
        )

    def signed(self, tx: WireTransaction) -> SignedTransaction:
        pairs = (self.alice_pair, self.notary_pair)
        return SignedTransaction.of(tx, [sign_transaction_id(one, tx.id) for one in pairs])

    def issue(self, magic: int = 0) -> SignedTransaction:
        stx = self.sign(
            self.act(TransactionBuilder(self.notary)).add_output_state(self.state(magic))
        )
        self.services.transactions[stx.id] = stx
        return stx

    def moving(self, stx: SignedTransaction) -> TransactionBuilder:
        return (
            self.act(TransactionBuilder(self.notary))
            .add_input_state(stx.out_ref(0))
            .add_output_state(self.state(9))
        )
