"""What a journal keeps of an exception: a replay raises the same type with the same text."""

import pytest

from corda_sim.core.errors import (
    AttachmentResolutionException,
    ContractRejection,
    CordaError,
    IllegalArgumentError,
    SignaturesMissingException,
    TransactionResolutionException,
    TransactionSizeException,
)
from corda_sim.flow.errors import (
    FlowException,
    FlowWaitTimeout,
    TransientDatabaseException,
    keep_error,
    restore_error,
)
from corda_sim.flow.hospital import Outcome, Patient, diagnose


@pytest.mark.parametrize(
    "error",
    [
        ContractRejection("AB12", "corda_sim.cash.Cash", "the amounts differ"),
        SignaturesMissingException(["a key"], ["O=Bank"], "AB12"),
        TransactionResolutionException("AB12"),
        AttachmentResolutionException("CD34"),
        TransactionSizeException("AB12", 10),
        IllegalArgumentError("no such output"),
        FlowWaitTimeout("coins"),
        TransientDatabaseException("the server is away"),
        FlowException("not today"),
        CordaError("anything else"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_type_and_text_come_back(error: CordaError) -> None:
    restored = restore_error(keep_error(error))
    assert type(restored) is type(error)
    assert str(restored) == str(error)


def test_an_exception_of_a_cordapp_comes_back_as_the_platforms() -> None:
    class Refused(CordaError):
        pass

    restored = restore_error(keep_error(Refused("too much")))
    assert type(restored) is CordaError
    assert str(restored) == "too much"


def test_the_hospital_treats_what_came_back_as_the_error_itself() -> None:
    restored = restore_error(keep_error(TransientDatabaseException("the server is away")))
    assert diagnose(Patient("a flow", restored)) is Outcome.DISCHARGE
