"""The tree of exceptions: drawn as it is, one root, messages that end with the transaction's id."""

import inspect
import re

import pytest

from corda_sim.core import errors
from corda_sim.core.errors import (
    AttachmentResolutionException,
    ConstraintPropagationRejection,
    ContractConstraintRejection,
    ContractRejection,
    CordaError,
    IllegalArgumentError,
    IllegalStateError,
    NotaryChangeInWrongTransactionType,
    SignaturesMissingException,
    TransactionResolutionException,
    TransactionVerificationException,
    UntrustedAttachmentsException,
)

ID = "AB" * 32
CLASSES = {
    name: cls
    for name, cls in inspect.getmembers(errors, inspect.isclass)
    if cls.__module__ == errors.__name__
}


def test_the_drawing_shows_every_class_under_its_parent() -> None:
    drawn: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"([│├└─ ]*)([A-Z]\w+)(?: |$)", line)
        if match is None or match[2] not in CLASSES:
            continue
        depth = len(match[1]) // 4
        path[depth:] = [match[2]]
        drawn[match[2]] = path[depth - 1] if depth else "Exception"
    assert drawn == {name: cls.__bases__[0].__name__ for name, cls in CLASSES.items()}


def test_there_is_one_root() -> None:
    assert all(issubclass(cls, CordaError) for cls in CLASSES.values())
    assert issubclass(IllegalArgumentError, ValueError)
    assert issubclass(IllegalStateError, RuntimeError)


@pytest.mark.parametrize(
    "error",
    [
        TransactionVerificationException(ID, "no"),
        ContractRejection(ID, "corda_sim.cash.Cash", "Failed requirement: text"),
        ConstraintPropagationRejection(ID, "c", "in", "out"),
        NotaryChangeInWrongTransactionType(ID, "A", "B"),
        ContractConstraintRejection(ID, "c"),
    ],
)
def test_verification_errors_name_the_transaction(error: TransactionVerificationException) -> None:
    assert str(error).endswith(f", transaction: {ID}")
    assert error.tx_id == ID


def test_messages() -> None:
    rejection = ContractRejection(ID, "corda_sim.cash.Cash", "Failed requirement: text")
    assert str(rejection) == (
        "Contract verification failed: Failed requirement: text, contract: corda_sim.cash.Cash, "
        f"transaction: {ID}"
    )
    assert str(TransactionResolutionException(ID)) == f"Transaction resolution failure for {ID}"
    assert str(AttachmentResolutionException(ID)) == f"Attachment resolution failure for {ID}"


def test_missing_signatures_are_listed_with_their_signers() -> None:
    error = SignaturesMissingException(["DLb", "DLa"], ["Bank A", "notary"], ID)
    assert str(error) == (
        f"Missing signatures on transaction {ID} for keys: DLa, DLb, by signers: Bank A, notary"
    )
    assert error.missing == {"DLa", "DLb"}


def test_untrusted_attachments_are_not_a_verification_error() -> None:
    error = UntrustedAttachmentsException(ID, ["CD"])
    assert not isinstance(error, TransactionVerificationException)
    assert error.ids == ("CD",)
