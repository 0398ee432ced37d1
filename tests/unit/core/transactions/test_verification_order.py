"""The order of verification (corda 1.3): of two faults in one transaction the earlier is named."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pytest

from corda_sim.core import errors
from corda_sim.core.contracts import SignatureAttachmentConstraint, StateRef, TransactionState
from corda_sim.core.contracts.archive import write_archive
from corda_sim.core.contracts.commands import Command
from corda_sim.core.crypto.composite import CompositeKeyBuilder
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.signatures import TransactionSignature, sign_transaction_id
from corda_sim.core.network import NotaryInfo
from corda_sim.core.serialization import serialize
from corda_sim.core.transactions import (
    ComponentGroupEnum,
    SignedTransaction,
    TransactionBuilder,
    WireTransaction,
)
from corda_sim.core.transactions.component_groups import ComponentGroup, create_component_groups
from tests.unit.core.transactions.dummy import Ledger, pair

ORDER: dict[str, tuple[type[Exception], str]] = {
    "an origin that isn't known": (errors.TransactionResolutionException, "resolution failure"),
    "older parameters than its input's": (
        errors.TransactionNetworkParameterOrderingException,
        "older than the epoch",
    ),
    "a wrong signature": (errors.SignatureException, "Signature Verification failed"),
    "a missing signature": (errors.SignaturesMissingException, "notary"),
    "an attachment that isn't known": (errors.AttachmentResolutionException, "Attachment"),
    "too many bytes": (errors.TransactionSizeException, "maximum transaction size"),
    "an attachment of a peer": (errors.UntrustedAttachmentsException, "untrusted"),
    "an attachment that doesn't load": (errors.InvalidAttachmentException, "boom"),
    "a component that is no state": (errors.BrokenTransactionException, "deserialize"),
    "inputs of two notaries": (errors.IllegalStateError, "must point to the same notary"),
    "another notary in an output": (errors.NotaryChangeInWrongTransactionType, "notary"),
    "an encumbrance": (errors.FeatureNotSupportedException, "Encumbrance"),
    "a notary that isn't listed": (errors.IllegalStateError, "whitelist"),
    "an attachment twice": (errors.DuplicateAttachmentsRejection, "attachment"),
    "a contract without attachment": (errors.MissingAttachmentRejection, "no.Such"),
    "a constraint that isn't met": (errors.ContractConstraintRejection, "constraint"),
    "a constraint that isn't passed on": (errors.ConstraintPropagationRejection, "constraint"),
    "a state of another contract": (errors.TransactionContractConflictException, "belongs to"),
    "a contract that refuses": (errors.ContractRejection, "refused"),
}
FAULTS = list(ORDER)


@dataclass
class Case:
    """A payment with some of the faults above."""

    ledger: Ledger
    faults: frozenset[str]
    outputs: list[TransactionState[Any]] = field(default_factory=list)
    attachments: list[SecureHash] = field(default_factory=list)

    def has(self, fault: str) -> bool:
        assert fault in ORDER
        return fault in self.faults

    def build(self) -> SignedTransaction:
        ledger = self.ledger
        old = ledger.services.network_parameters
        if self.has("older parameters than its input's"):
            ledger.use(ledger.parameters(epoch=2))
        issued = ledger.issue()
        if self.has("inputs of two notaries"):
            other = self.issue_elsewhere()
        ledger.use(self.parameters(old.epoch))
        inputs = [StateRef(issued.id, 0)]
        if self.has("inputs of two notaries"):
            inputs.append(StateRef(other.id, 0))
        if self.has("an origin that isn't known"):
            inputs.insert(0, StateRef(SecureHash.sha256(b"nobody"), 0))
        self.fill(issued.tx.outputs[0])
        groups = create_component_groups(
            inputs=inputs,
            outputs=self.outputs,
            commands=[self.command()],
            attachments=self.attachments,
            notary=ledger.notary,
            network_parameters_hash=ledger.services.network_parameters.hash,
        )
        tx = WireTransaction(self.damaged(groups), b"\x05" * 32)
        return SignedTransaction.of(tx, self.signatures(tx))

    def issue_elsewhere(self) -> SignedTransaction:
        ledger = self.ledger
        state = ledger.state()
        builder = ledger.act(TransactionBuilder(ledger.other_notary)).add_output_state(state)
        stx = ledger.sign(builder)
        ledger.services.transactions[stx.id] = stx
        return stx

    def parameters(self, epoch: int) -> Any:  # noqa: ANN401
        changes: dict[str, int] = {"epoch": epoch, "minimum_platform_version": 5}
        if self.has("too many bytes"):
            changes["max_transaction_size"] = 100
        made = self.ledger.parameters(**changes)
        if not self.has("a notary that isn't listed"):
            return made
        return replace(made, notaries=(NotaryInfo(self.ledger.other_notary, validating=True),))

    def fill(self, good: TransactionState[Any]) -> None:
        changes: dict[str, object] = {}
        if self.has("another notary in an output"):
            changes["notary"] = self.ledger.other_notary
        if self.has("an encumbrance"):
            changes["encumbrance"] = 0
        if self.has("a constraint that isn't met"):
            changes["constraint"] = SignatureAttachmentConstraint(pair(99).public)
        elif self.has("a constraint that isn't passed on"):
            keys = (self.ledger.code_pair.public, pair(50).public)
            either = CompositeKeyBuilder().add_keys(*keys).build(1)
            changes["constraint"] = SignatureAttachmentConstraint(either)
        self.outputs.append(msgspec.structs.replace(good, **changes))
        if self.has("a contract without attachment"):
            self.outputs.append(msgspec.structs.replace(good, contract="no.Such"))
        if self.has("a state of another contract"):
            self.outputs.append(msgspec.structs.replace(good, contract="dummy.Other"))
        self.attach()

    def attach(self) -> None:
        own = self.ledger.attachment.id
        self.attachments.append(own)
        if self.has("an attachment twice"):
            self.attachments.append(own)
        if self.has("an attachment that isn't known"):
            self.attachments.append(SecureHash.sha256(b"unknown"))
        if self.has("an attachment of a peer"):
            self.add_attachment({"sent.py": b""}, "p2p")
        if self.has("an attachment that doesn't load"):
            self.add_attachment({"broken.py": b"raise RuntimeError('boom')\n"}, "app")

    def add_attachment(self, files: dict[str, bytes], uploader: str) -> None:
        made = self.ledger.attach(write_archive(files), uploader)
        self.ledger.services.attachments[made.id] = made
        self.attachments.append(made.id)

    def command(self) -> Command[Any]:
        refuse = "refused" if self.has("a contract that refuses") else ""
        act = self.ledger.contracts.Act(refuse)
        return Command(act, (self.ledger.alice_pair.public,))

    def damaged(self, groups: Iterable[ComponentGroup]) -> tuple[ComponentGroup, ...]:
        if not self.has("a component that is no state"):
            return tuple(groups)
        junk = (serialize("junk"),)
        outputs = ComponentGroupEnum.OUTPUTS
        return tuple(
            ComponentGroup(one.group_index, one.components + junk)
            if one.group_index == outputs
            else one
            for one in groups
        )

    def signatures(self, tx: WireTransaction) -> list[TransactionSignature]:
        alice, notary = self.ledger.alice_pair, self.ledger.notary_pair
        signed = SecureHash.sha256(b"x") if self.has("a wrong signature") else tx.id
        made = [sign_transaction_id(alice, signed)]
        if not self.has("a missing signature"):
            made.append(sign_transaction_id(notary, tx.id))
        return made


@pytest.fixture
def verify(ledger: Ledger) -> Callable[..., None]:
    def run(*faults: str) -> None:
        fresh = Ledger(ledger.contracts)
        Case(fresh, frozenset(faults)).build().verify(fresh.services)

    return run


def test_without_a_fault_it_verifies(verify: Callable[..., None]) -> None:
    verify()


@pytest.mark.parametrize("first", FAULTS)
def test_the_earlier_fault_is_named(verify: Callable[..., None], first: str) -> None:
    expected, text = ORDER[first]
    for second in FAULTS[FAULTS.index(first) :]:
        with pytest.raises(expected, match=text) as caught:
            verify(first, second)
        assert type(caught.value) is expected, second
