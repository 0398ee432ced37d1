from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from corda_sim.core.contracts import (
    SignatureAttachmentConstraint,
    StateAndRef,
    StateRef,
    TimeWindow,
    TransactionState,
)
from corda_sim.core.contracts.archive import write_archive
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import (
    AttachmentResolutionException,
    DecodeError,
    FeatureNotSupportedException,
    IllegalArgumentError,
    IllegalStateError,
)
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.transactions import (
    ComponentGroup,
    ComponentGroupEnum,
    SignedTransaction,
    TransactionBuilder,
    WireTransaction,
    explain_transaction_id,
)
from corda_sim.core.transactions.component_groups import create_component_groups
from tests.unit.core.transactions.dummy import Ledger

SALT = b"\x07" * 32
REF = StateRef(SecureHash.sha256(b"t"), 0)
WINDOW = TimeWindow.from_only(datetime(2026, 1, 1, tzinfo=UTC))


def test_the_builder_fills_in_code_constraint_and_parameters(ledger: Ledger) -> None:
    tx = ledger.issue().tx
    assert tx.attachments == (ledger.attachment.id,)
    assert tx.network_parameters_hash == ledger.services.network_parameters.hash
    assert tx.outputs[0].constraint == SignatureAttachmentConstraint(ledger.code_pair.public)
    assert tx.outputs[0].contract == "dummy.Contract"
    assert tx.required_signing_keys == {ledger.alice_pair.public}
    assert tx.group(ComponentGroupEnum.SIGNERS) == (serialize((ledger.alice_pair.public,)),)


def test_the_id_is_that_of_the_components(ledger: Ledger) -> None:
    tx = ledger.moving(ledger.issue()).to_wire_transaction(ledger.services, SALT)
    groups = {one.group_index: one.components for one in tx.component_groups}
    explained = explain_transaction_id(groups, SALT)
    assert tx.id == explained.id
    assert tx.group_hashes == explained.group_hashes
    assert tx.required_signing_keys == {ledger.alice_pair.public, ledger.notary_pair.public}
    assert tx.out_ref(0).ref == StateRef(tx.id, 0)
    assert len(tx.out_refs()) == 1
    with pytest.raises(IllegalArgumentError):
        tx.out_ref(1)


def test_a_signed_transaction_travels(ledger: Ledger) -> None:
    stx = ledger.issue()
    back = deserialize(serialize(stx), SignedTransaction)
    assert back == stx
    assert (back.id, back.outputs, back.commands) == (stx.id, stx.outputs, stx.commands)
    assert deserialize(serialize(stx.tx), WireTransaction) == stx.tx
    assert len({stx, back}) == 1
    broken = SignedTransaction(stx.tx_bits[:-1], stx.sigs)
    with pytest.raises(DecodeError):
        deserialize(serialize(broken), SignedTransaction)


def test_signatures_are_there_and_not_repeated(ledger: Ledger) -> None:
    stx = ledger.issue()
    with pytest.raises(IllegalArgumentError, match="without any"):
        SignedTransaction(stx.tx_bits, ())
    with pytest.raises(IllegalArgumentError, match="duplicate"):
        SignedTransaction(stx.tx_bits, stx.sigs * 2)
    assert stx.with_additional_signature(stx.sigs[0]) == stx
    assert (stx + stx.sigs) == stx


def groups(ledger: Ledger, **changes: object) -> tuple[ComponentGroup, ...]:
    issued = ledger.issue().tx
    fields: dict[str, Any] = {
        "inputs": [REF],
        "outputs": issued.outputs,
        "commands": issued.commands,
        "notary": ledger.notary,
    }
    return create_component_groups(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"notary": None}, "The notary must be specified explicitly"),
        ({"inputs": [REF, REF]}, "Duplicate input states detected"),
        ({"references": [REF]}, "A StateRef cannot be both an input and a reference input"),
        (
            {"inputs": [], "references": [REF, REF]},
            "Duplicate reference states detected",
        ),
        ({"inputs": [], "outputs": []}, "at least one input or output state"),
        ({"commands": []}, "at least one command"),
        (
            {"inputs": [], "notary": None, "time_window": WINDOW},
            "Transactions with time-windows must be notarised",
        ),
    ],
)
def test_what_no_transaction_may_be(
    ledger: Ledger, changes: dict[str, object], message: str
) -> None:
    WireTransaction(groups(ledger), SALT)
    with pytest.raises(IllegalStateError, match=message):
        WireTransaction(groups(ledger, **changes), SALT)


def test_groups_are_neither_empty_nor_repeated_nor_at_odds(ledger: Ledger) -> None:
    good = groups(ledger)
    for bad in (
        (*good, ComponentGroup(9, ())),
        (*good, ComponentGroup(1, good[1].components)),
    ):
        with pytest.raises(IllegalArgumentError):
            WireTransaction(bad, SALT)
    double = [ComponentGroup(g.group_index, g.components * 2) for g in good]
    for index, message in ((4, "notary"), (2, "do not match"), (6, "do not match")):
        mixed = tuple(d if d.group_index == index else g for g, d in zip(good, double, strict=True))
        with pytest.raises(IllegalStateError, match=message):
            WireTransaction(mixed, SALT)
    with pytest.raises(IllegalArgumentError):
        WireTransaction(good, bytes(32))


def test_unknown_groups_are_tolerated_and_part_of_the_id(ledger: Ledger) -> None:
    good = groups(ledger)
    more = WireTransaction((*good, ComponentGroup(11, (b"future",))), SALT)
    assert len(more.group_hashes) == 12
    assert more.id != WireTransaction(good, SALT).id


def test_the_builder_refuses(ledger: Ledger) -> None:
    issued = ledger.issue()
    other = TransactionBuilder(ledger.other_notary)
    for add in (other.add_input_state, other.add_reference_state):
        with pytest.raises(IllegalArgumentError, match="does not match the transaction notary"):
            add(issued.out_ref(0))
    builder = TransactionBuilder()
    with pytest.raises(IllegalArgumentError, match="Need to specify a notary"):
        builder.add_output_state(ledger.state())
    with pytest.raises(IllegalArgumentError, match="Unable to infer Contract"):
        builder.add_output_state(ledger.contracts.Homeless(owner=ledger.alice))
    with pytest.raises(IllegalArgumentError, match="Only notarised"):
        builder.set_time_window(WINDOW)
    with pytest.raises(FeatureNotSupportedException):
        builder.add_output_state(
            TransactionState(ledger.state(), "dummy.Contract", ledger.notary, 0)
        )
    unknown = ledger.act(TransactionBuilder(ledger.notary)).add_output_state(
        ledger.state(), "no.Such"
    )
    with pytest.raises(AttachmentResolutionException):
        unknown.to_wire_transaction(ledger.services, SALT)


def test_builders_remember_and_copy(ledger: Ledger) -> None:
    instant = datetime(2026, 1, 1, tzinfo=UTC)
    issued = ledger.issue()
    builder = ledger.moving(issued).set_time_window(instant, timedelta(seconds=30))
    builder.add_reference_state(StateAndRef(issued.out_ref(0).state, REF))
    copy = builder.copy()
    assert copy.to_wire_transaction(ledger.services, SALT) == builder.to_wire_transaction(
        ledger.services, SALT
    )
    copy.add_output_state(ledger.state(3))
    assert (len(builder.output_states), len(copy.output_states)) == (1, 2)
    assert builder.time_window == TimeWindow.with_tolerance(instant, timedelta(seconds=30))
    assert len(builder.input_states) == len(builder.reference_states) == len(builder.commands) == 1


def test_attachments_are_sorted_and_distinct(ledger: Ledger) -> None:
    extra = [ledger.attach(write_archive({f"a{n}.py": b""})) for n in range(4)]
    ledger.services.attachments |= {one.id: one for one in extra}
    builder = ledger.act(TransactionBuilder(ledger.notary)).add_output_state(ledger.state())
    for one in (*extra, extra[0], ledger.attachment):
        builder.add_attachment(one.id)
    tx = builder.to_wire_transaction(ledger.services, SALT)
    assert tx.attachments == tuple(sorted({*(one.id for one in extra), ledger.attachment.id}))
