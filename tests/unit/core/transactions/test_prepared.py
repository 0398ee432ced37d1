"""Verifying in two parts: what is looked up, and what is then checked without any service."""

import pytest

from corda_sim.core.crypto.signatures import sign_transaction_id
from corda_sim.core.errors import (
    SignaturesMissingException,
    TransactionResolutionException,
    UnknownParametersException,
)
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder
from corda_sim.core.transactions.component_groups import ComponentGroupEnum
from corda_sim.core.transactions.prepared import prepare_verification
from tests.unit.core.transactions.dummy import Ledger


def test_the_checks_ask_no_service(ledger: Ledger) -> None:
    moved = ledger.sign(ledger.moving(ledger.issue()))
    prepared = prepare_verification(moved, ledger.services)
    ledger.services.transactions.clear()
    ledger.services.attachments.clear()
    ledger.services.known_parameters.clear()
    prepared.run()
    with pytest.raises(UnknownParametersException):
        moved.verify(ledger.services)


def test_a_failed_look_up_is_raised_by_the_checks(ledger: Ledger) -> None:
    moved = ledger.sign(ledger.moving(ledger.issue()))
    ledger.services.transactions.clear()
    prepared = prepare_verification(moved, ledger.services)
    with pytest.raises(TransactionResolutionException):
        prepared.run()


def test_signatures_come_before_what_is_not_found(ledger: Ledger) -> None:
    wire = ledger.sign(
        ledger.act(TransactionBuilder(ledger.notary)).add_output_state(ledger.state())
    )
    unsigned = SignedTransaction.of(wire.tx, [sign_transaction_id(ledger.notary_pair, wire.id)])
    ledger.services.attachments.clear()
    with pytest.raises(SignaturesMissingException):
        prepare_verification(unsigned, ledger.services).run()


def test_the_states_that_it_consumes_count(ledger: Ledger) -> None:
    issued = ledger.issue()
    moved = ledger.sign(ledger.moving(issued))
    (state,) = issued.tx.group(ComponentGroupEnum.OUTPUTS)
    prepared = prepare_verification(moved, ledger.services)
    assert prepared.size == len(moved.tx_bits) + len(state)


def test_without_its_states_a_transaction_counts_alone(ledger: Ledger) -> None:
    moved = ledger.sign(ledger.moving(ledger.issue()))
    ledger.services.transactions.clear()
    assert prepare_verification(moved, ledger.services).size == len(moved.tx_bits)
