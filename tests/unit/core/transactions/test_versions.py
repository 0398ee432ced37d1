"""Several archives in one transaction, and several versions of one contract side by side."""

import importlib
from typing import Any

import pytest

from corda_sim.core import errors
from corda_sim.core.contracts import SignatureAttachmentConstraint, TransactionState
from corda_sim.core.contracts.archive import read_archive, write_archive
from corda_sim.core.contracts.attachments import ContractAttachment
from corda_sim.core.contracts.commands import Command
from corda_sim.core.crypto.composite import CompositeKeyBuilder
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.serialization import serialize
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder, WireTransaction
from corda_sim.core.transactions.component_groups import create_component_groups
from corda_sim.core.transactions.resolution import resolve
from tests.unit.core.transactions.dummy import Ledger, pair
from tests.unit.core.transactions.test_verification import output, remade

MODULE = "dummyapp/contracts/__init__.py"
SECOND = """
from dataclasses import dataclass
from typing import ClassVar
from corda_sim.core.contracts import CommandData, Contract, ContractState
from corda_sim.core.identity import Party
from corda_sim.core.serialization import serializable

@serializable("second.State")
class Second(ContractState):
    belongs_to_contract: ClassVar[str] = "second.Contract"
    owner: Party
    @property
    def participants(self):
        return (self.owner,)

@serializable("dummy.Act")
@dataclass(frozen=True)
class OurAct(CommandData):
    refuse: str = ""

class SecondContract(Contract):
    contract_name: ClassVar[str] = "second.Contract"
    def verify(self, tx):
        if [type(one.value) for one in tx.commands] != [OurAct]:
            raise ValueError("the command is not of our own class")
        if not any(type(one) is Second for one in tx.output_states):
            raise ValueError("our own state is not among the outputs")
"""


def edited(attachment: ContractAttachment, old: str, new: str) -> bytes:
    files = read_archive(attachment.content)
    source = files[MODULE].decode()
    assert old in source
    return write_archive({**files, MODULE: source.replace(old, new).encode()})


def install(ledger: Ledger, content: bytes) -> ContractAttachment:
    made = ledger.attach(content)
    ledger.services.attachments[made.id] = made
    return made


def payment(
    ledger: Ledger, outputs: list[TransactionState[Any]], attachments: list[SecureHash]
) -> SignedTransaction:
    groups = create_component_groups(
        outputs=outputs,
        commands=[Command(ledger.contracts.Act(), (ledger.alice_pair.public,))],
        attachments=attachments,
        notary=ledger.notary,
        network_parameters_hash=ledger.services.network_parameters.hash,
    )
    return ledger.signed(WireTransaction(groups, b"\x09" * 32))


def class_in(ledger: Ledger, attachment: ContractAttachment, contract: str, name: str) -> Any:  # noqa: ANN401
    kind = ledger.services.contract_loader.contract(attachment, contract)
    assert kind is not None
    return getattr(importlib.import_module(kind.__module__), name)


def test_an_old_version_still_judges_what_it_is_attached_to(ledger: Ledger) -> None:
    issued = ledger.issue()
    strict = edited(
        ledger.attachment,
        'require_that("states are ours"',
        'require_that("version 2 takes no state", False)\n        require_that("states are ours"',
    )
    newer = install(ledger, strict)
    ledger.services.current = newer
    issued.verify(ledger.services)
    with pytest.raises(errors.ContractRejection, match="version 2 takes no state"):
        ledger.issue().verify(ledger.services)
    issued.verify(ledger.services)


def test_a_state_of_the_old_version_is_spent_under_the_new_one(ledger: Ledger) -> None:
    issued = ledger.issue(3)
    grown = edited(
        ledger.attachment, "    magic: int = 0\n", '    magic: int = 0\n    note: str = "none"\n'
    )
    newer = install(ledger, grown)
    ledger.services.current = newer
    moved = ledger.sign(ledger.moving(issued))
    moved.verify(ledger.services)
    assert moved.tx.attachments == (newer.id,)
    new_state = class_in(ledger, newer, "dummy.Contract", "State")
    registry = ledger.services.contract_loader.registry_for([newer])
    ltx = resolve(moved.tx, ledger.services).ledger(registry)
    assert [type(one) for one in ltx.input_states] == [new_state]
    assert ltx.inputs[0].state.data.note == "none"


@pytest.mark.parametrize("turned", [False, True])
def test_each_contract_sees_its_own_archives_classes(ledger: Ledger, turned: bool) -> None:
    outputs, attachments = [], []
    for name in ("second", "third"):
        source = SECOND.replace("second", name).encode()
        made = install(ledger, write_archive({f"{name}/contracts.py": source}))
        state = class_in(ledger, made, f"{name}.Contract", "Second")(owner=ledger.alice)
        outputs += output(ledger.issue(), data=state, contract=f"{name}.Contract")
        attachments.append(made.id)
    if turned:
        attachments.reverse()
    payment(ledger, outputs, attachments).verify(ledger.services)


def test_a_contract_that_can_not_be_made(ledger: Ledger) -> None:
    verify = "    def verify(self, tx):"
    broken = "    def __init__(self):\n        raise OSError('no such thing')\n"
    source = SECOND.replace(verify, broken + verify)
    second = install(ledger, write_archive({"second/contracts.py": source.encode()}))
    state = class_in(ledger, second, "second.Contract", "Second")(owner=ledger.alice)
    made = output(ledger.issue(), data=state, contract="second.Contract")
    with pytest.raises(errors.ContractCreationError, match="no such thing"):
        payment(ledger, made, [second.id]).verify(ledger.services)


def test_a_contract_that_the_archive_declares_and_does_not_have(ledger: Ledger) -> None:
    source = SECOND + "\ndel SecondContract\n"
    second = install(ledger, write_archive({"second/contracts.py": source.encode()}))
    assert second.contracts == ("second.Contract",)
    stx = payment(ledger, output(ledger.issue(), contract="second.Contract"), [second.id])
    with pytest.raises(errors.BrokenTransactionException):
        stx.verify(ledger.services)


def test_what_a_contract_may_leave_unpropagated(ledger: Ledger) -> None:
    free = edited(
        ledger.attachment,
        'contract_name: ClassVar[str] = "dummy.Contract"\n',
        'contract_name: ClassVar[str] = "dummy.Contract"\n    no_constraint_propagation = True\n',
    )
    loose = either_key(ledger)
    moved = ledger.sign(ledger.moving(ledger.issue()))
    with pytest.raises(errors.ConstraintPropagationRejection):
        remade(ledger, moved, outputs=output(moved, constraint=loose)).verify(ledger.services)
    allowed = install(ledger, free)
    changed = remade(
        ledger, moved, outputs=output(moved, constraint=loose), attachments=[allowed.id]
    )
    changed.verify(ledger.services)


def either_key(ledger: Ledger) -> Any:  # noqa: ANN401
    keys = (ledger.code_pair.public, pair(50).public)
    return SignatureAttachmentConstraint(CompositeKeyBuilder().add_keys(*keys).build(1))


def test_the_code_of_an_attachment_is_not_the_installed_one(ledger: Ledger) -> None:
    kind = ledger.services.contract_loader.contract(ledger.attachment, "dummy.Contract")
    assert kind is not None
    assert kind.__module__ != ledger.contracts.__name__
    assert not issubclass(kind, ledger.contracts.DummyContract)
    builder = ledger.act(TransactionBuilder(ledger.notary)).add_output_state(ledger.state())
    assert (
        serialize(ledger.contracts.Act()) in ledger.sign(builder).tx.component_groups[1].components
    )
