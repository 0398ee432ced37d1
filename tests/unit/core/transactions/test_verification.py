from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from corda_sim.core import errors
from corda_sim.core.contracts import (
    AutomaticPlaceholderConstraint,
    SignatureAttachmentConstraint,
    StateRef,
    TimeWindow,
    TransactionState,
)
from corda_sim.core.contracts.archive import read_archive, write_archive
from corda_sim.core.crypto.composite import CompositeKeyBuilder
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.signatures import sign_transaction_id
from corda_sim.core.serialization import serialize
from corda_sim.core.transactions import (
    ComponentGroupEnum,
    LedgerTransaction,
    SignedTransaction,
    TransactionBuilder,
    WireTransaction,
)
from corda_sim.core.transactions.component_groups import create_component_groups
from tests.unit.core.transactions.dummy import Ledger, pair

SALT = b"\x05" * 32


def remade(ledger: Ledger, stx: SignedTransaction, **changes: object) -> SignedTransaction:
    """The same transaction with some components changed, signed anew."""
    tx = stx.tx
    fields: dict[str, Any] = {
        "inputs": tx.inputs,
        "outputs": tx.outputs,
        "commands": tx.commands,
        "attachments": tx.attachments,
        "notary": tx.notary,
        "references": tx.references,
        "network_parameters_hash": tx.network_parameters_hash,
    }
    return ledger.signed(WireTransaction(create_component_groups(**{**fields, **changes}), SALT))


def output(stx: SignedTransaction, **changes: object) -> list[TransactionState[Any]]:
    return [msgspec.structs.replace(stx.tx.outputs[0], **changes)]


def test_a_chain_verifies(ledger: Ledger) -> None:
    issued = ledger.issue()
    issued.verify(ledger.services)
    moved = ledger.sign(ledger.moving(issued))
    moved.verify(ledger.services)
    referring = ledger.act(TransactionBuilder(ledger.notary)).add_output_state(ledger.state())
    ledger.sign(referring.add_reference_state(issued.out_ref(0))).verify(ledger.services)


def test_the_ledger_transaction_has_everything(ledger: Ledger) -> None:
    issued = ledger.issue(4)
    moved = ledger.sign(ledger.moving(issued))
    ltx = moved.to_ledger_transaction(ledger.services)
    kind = ledger.contracts.State
    assert isinstance(ltx, LedgerTransaction)
    assert ltx.id == moved.id
    assert [one.magic for one in ltx.inputs_of_type(kind)] == [4]
    assert [one.magic for one in ltx.outputs_of_type(kind)] == [9]
    assert ltx.in_refs_of_type(kind) == ltx.inputs == moved.resolve_base_states(ledger.services)
    assert ltx.out_refs_of_type(kind) == (ltx.out_ref(0),)
    assert ltx.input_states == ltx.inputs_of_type(kind)
    assert len(ltx.commands_of_type(ledger.contracts.Act)) == 1
    assert ltx.reference_states == ltx.reference_inputs_of_type(kind) == ()
    assert ltx.reference_in_refs_of_type(kind) == ()
    groups = ltx.group_states(kind, lambda state: state.magic)
    assert [(len(g.inputs), len(g.outputs), g.grouping_key) for g in groups] == [
        (1, 0, 4),
        (0, 1, 9),
    ]
    with pytest.raises(errors.IllegalArgumentError):
        ltx.out_ref(1)


def test_signatures(ledger: Ledger) -> None:
    moved = ledger.sign(ledger.moving(ledger.issue()))
    only = SignedTransaction(moved.tx_bits, moved.sigs[:1])
    with pytest.raises(errors.SignaturesMissingException, match="notary O=Notary") as caught:
        only.verify(ledger.services)
    assert caught.value.missing == {ledger.notary_pair.public}
    only.verify(ledger.services, check_sufficient_signatures=False)
    only.verify_signatures_except(ledger.notary_pair.public)
    assert only.get_missing_signers() == {ledger.notary_pair.public}
    wrong = sign_transaction_id(ledger.notary_pair, SecureHash.sha256(b"another"))
    for check in (True, False):
        with pytest.raises(errors.SignatureException):
            only.with_additional_signature(wrong).verify(ledger.services, check)


def test_composite_signers(ledger: Ledger) -> None:
    pairs = [pair(n) for n in (21, 22, 23)]
    key = CompositeKeyBuilder().add_keys(*(pair.public for pair in pairs)).build(2)
    builder = TransactionBuilder(ledger.notary).add_output_state(ledger.state())
    tx = builder.add_command(ledger.contracts.Act(), key).to_wire_transaction(ledger.services, SALT)
    sigs = [sign_transaction_id(pair, tx.id) for pair in pairs]
    SignedTransaction.of(tx, sigs[:2]).verify(ledger.services)
    with pytest.raises(errors.SignaturesMissingException):
        SignedTransaction.of(tx, sigs[:1]).verify(ledger.services)


def test_resolution(ledger: Ledger) -> None:
    issued = ledger.issue()
    moved = ledger.sign(ledger.moving(issued))
    beyond = remade(ledger, moved, inputs=[StateRef(issued.id, 1)])
    with pytest.raises(errors.TransactionResolutionException):
        beyond.verify(ledger.services)
    with pytest.raises(errors.MissingNetworkParametersException):
        remade(ledger, issued, network_parameters_hash=None).verify(ledger.services)
    with pytest.raises(errors.UnknownParametersException):
        remade(ledger, issued, network_parameters_hash=issued.id).verify(ledger.services)
    with pytest.raises(errors.AttachmentResolutionException):
        remade(ledger, issued, attachments=[issued.id]).verify(ledger.services)
    ledger.services.transactions.clear()
    with pytest.raises(errors.TransactionResolutionException, match=str(issued.id)):
        moved.verify(ledger.services)
    with pytest.raises(errors.TransactionResolutionException):
        moved.to_ledger_transaction(ledger.services)


def test_parameters_never_go_back(ledger: Ledger) -> None:
    old = ledger.services.network_parameters
    ledger.use(ledger.parameters(epoch=2))
    issued = ledger.issue()
    ledger.use(old)
    with pytest.raises(errors.TransactionNetworkParameterOrderingException):
        ledger.sign(ledger.moving(issued)).verify(ledger.services)


def test_a_transaction_of_exactly_the_limit_fails(ledger: Ledger) -> None:
    stx = ledger.issue()
    size = ledger.attachment.size + sum(
        4 + len(stx.tx.group(group)[0])
        for group in (ComponentGroupEnum.COMMANDS, ComponentGroupEnum.OUTPUTS)
    )
    ledger.use(ledger.parameters(max_transaction_size=size + 1))
    ledger.issue().verify(ledger.services)
    ledger.use(ledger.parameters(max_transaction_size=size))
    with pytest.raises(
        errors.TransactionSizeException,
        match=f"^Transaction exceeded network's maximum transaction size limit : {size} bytes.",
    ):
        ledger.issue().verify(ledger.services)


def test_inputs_count_once_for_each(ledger: Ledger) -> None:
    issued = ledger.issue()
    moved = ledger.sign(ledger.moving(issued))
    size = ledger.attachment.size + sum(
        [
            4 + len(moved.tx.group(ComponentGroupEnum.COMMANDS)[0]),
            4 + len(moved.tx.group(ComponentGroupEnum.OUTPUTS)[0]),
            len(issued.tx.group(ComponentGroupEnum.OUTPUTS)[0]),
        ]
    )
    ledger.use(ledger.parameters(max_transaction_size=size, epoch=2))
    with pytest.raises(errors.TransactionSizeException):
        ledger.sign(ledger.moving(issued)).verify(ledger.services)
    ledger.use(ledger.parameters(max_transaction_size=size + 1, epoch=2))
    ledger.sign(ledger.moving(issued)).verify(ledger.services)


def test_untrusted_code_never_runs(ledger: Ledger) -> None:
    issued = ledger.issue()
    ledger.services.attachments[ledger.attachment.id] = ledger.attach(
        ledger.attachment.content, "p2p"
    )
    with pytest.raises(errors.UntrustedAttachmentsException) as caught:
        issued.verify(ledger.services)
    assert caught.value.ids == (ledger.attachment.id,)


def test_notaries(ledger: Ledger) -> None:
    issued = ledger.issue()
    moved = ledger.sign(ledger.moving(issued))
    with pytest.raises(errors.NotaryChangeInWrongTransactionType):
        remade(ledger, moved, outputs=output(moved, notary=ledger.other_notary)).verify(
            ledger.services, False
        )
    with pytest.raises(errors.IllegalStateError, match="must be the one specified by all inputs"):
        remade(
            ledger,
            moved,
            notary=ledger.other_notary,
            outputs=output(moved, notary=ledger.other_notary),
        ).verify(ledger.services, False)
    other = remade(
        ledger,
        issued,
        notary=ledger.other_notary,
        outputs=output(issued, notary=ledger.other_notary),
    )
    ledger.services.transactions[other.id] = other
    with pytest.raises(errors.IllegalStateError, match="must point to the same notary"):
        remade(ledger, moved, inputs=[*moved.inputs, StateRef(other.id, 0)]).verify(
            ledger.services, False
        )


def test_the_notary_is_on_the_list(ledger: Ledger) -> None:
    stranger = msgspec.structs.replace(ledger.issue().tx.outputs[0], notary=ledger.alice)
    builder = ledger.act(TransactionBuilder(ledger.alice)).add_output_state(stranger)
    with pytest.raises(errors.IllegalStateError, match="not on the network parameter whitelist"):
        ledger.sign(builder).verify(ledger.services)


def test_encumbrances_are_refused(ledger: Ledger) -> None:
    issued = ledger.issue()
    with pytest.raises(errors.FeatureNotSupportedException, match="Encumbrance"):
        remade(ledger, issued, outputs=output(issued, encumbrance=0)).verify(ledger.services)


def test_attachments_of_contracts(ledger: Ledger) -> None:
    issued = ledger.issue()
    with pytest.raises(errors.DuplicateAttachmentsRejection):
        remade(ledger, issued, attachments=[ledger.attachment.id] * 2).verify(ledger.services)
    files = {**read_archive(ledger.attachment.content), "more.py": b""}
    twin = ledger.attach(write_archive(files))
    ledger.services.attachments[twin.id] = twin
    with pytest.raises(errors.ConflictingAttachmentsRejection):
        remade(ledger, issued, attachments=[ledger.attachment.id, twin.id]).verify(ledger.services)
    with pytest.raises(errors.MissingAttachmentRejection):
        remade(ledger, issued, outputs=output(issued, contract="no.Such")).verify(ledger.services)
    with pytest.raises(errors.BrokenTransactionException):
        remade(ledger, issued, attachments=[]).verify(ledger.services)
    empty = ledger.attach(write_archive({"broken.py": b"raise RuntimeError('boom')\n"}))
    ledger.services.attachments[empty.id] = empty
    with pytest.raises(errors.InvalidAttachmentException, match="boom"):
        remade(ledger, issued, attachments=[ledger.attachment.id, empty.id]).verify(ledger.services)


def test_constraints(ledger: Ledger) -> None:
    issued = ledger.issue()
    stranger = SignatureAttachmentConstraint(pair(99).public)
    with pytest.raises(errors.ContractConstraintRejection):
        remade(ledger, issued, outputs=output(issued, constraint=stranger)).verify(ledger.services)
    keys = [pair(n).public for n in range(100, 121)]
    many = CompositeKeyBuilder().add_keys(*keys).build(1)
    limited = output(issued, constraint=SignatureAttachmentConstraint(many))
    ledger.use(ledger.parameters(minimum_platform_version=5))
    with pytest.raises(errors.InvalidConstraintRejection, match="21 leaf keys"):
        remade(
            ledger,
            issued,
            outputs=limited,
            network_parameters_hash=ledger.services.network_parameters.hash,
        ).verify(ledger.services)
    ledger.use(ledger.parameters(minimum_platform_version=3))
    with pytest.raises(errors.IllegalStateError, match="minimum platform version"):
        ledger.issue().verify(ledger.services)


def test_constraints_are_passed_on(ledger: Ledger) -> None:
    moved = ledger.sign(ledger.moving(ledger.issue()))
    other = pair(50)
    loose = CompositeKeyBuilder().add_keys(ledger.code_pair.public, other.public).build(1)
    changed = output(moved, constraint=SignatureAttachmentConstraint(loose))
    with pytest.raises(errors.ConstraintPropagationRejection):
        remade(ledger, moved, outputs=changed).verify(ledger.services)
    builder = ledger.moving(ledger.issue())
    assert isinstance(builder.output_states[0].constraint, AutomaticPlaceholderConstraint)
    made = builder.to_wire_transaction(ledger.services, SALT)
    assert made.outputs[0].constraint == builder.input_states[0].state.constraint


def test_states_belong_to_their_contract(ledger: Ledger) -> None:
    issued = ledger.issue()
    with pytest.raises(errors.TransactionContractConflictException):
        remade(ledger, issued, outputs=output(issued, contract="dummy.Other")).verify(
            ledger.services
        )
    homeless = ledger.contracts.Homeless(owner=ledger.alice)
    with pytest.raises(errors.TransactionRequiredContractUnspecifiedException):
        remade(ledger, issued, outputs=output(issued, data=homeless)).verify(ledger.services)


def test_the_contract_has_the_last_word(ledger: Ledger) -> None:
    builder = ledger.act(TransactionBuilder(ledger.notary), "says no")
    stx = ledger.sign(builder.add_output_state(ledger.state()))
    with pytest.raises(errors.ContractRejection) as caught:
        stx.verify(ledger.services)
    assert str(caught.value) == (
        "Contract verification failed: Failed requirement: says no, contract: dummy.Contract, "
        f"transaction: {stx.id}"
    )


def test_contracts_of_references_do_not_run(ledger: Ledger) -> None:
    refused = ledger.sign(
        ledger.act(TransactionBuilder(ledger.notary), "no").add_output_state(ledger.state())
    )
    ledger.services.transactions[refused.id] = refused
    builder = ledger.act(TransactionBuilder(ledger.notary)).add_output_state(ledger.state())
    ledger.sign(builder.add_reference_state(refused.out_ref(0))).verify(ledger.services)


def test_a_component_that_is_no_state(ledger: Ledger) -> None:
    issued = ledger.issue().tx
    groups = tuple(
        msgspec.structs.replace(group, components=(serialize("junk"),))
        if group.group_index == ComponentGroupEnum.OUTPUTS
        else group
        for group in issued.component_groups
    )
    stx = ledger.signed(WireTransaction(groups, SALT))
    with pytest.raises(errors.BrokenTransactionException):
        stx.verify(ledger.services)


def test_windows_reach_the_contract(ledger: Ledger) -> None:
    window = TimeWindow.until_only(datetime(2030, 1, 1, tzinfo=UTC))
    builder = ledger.moving(ledger.issue()).set_time_window(window)
    assert ledger.sign(builder).to_ledger_transaction(ledger.services).time_window == window
