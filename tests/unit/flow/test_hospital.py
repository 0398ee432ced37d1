"""The hospital's diagnoses, each rule and their precedence."""

import pytest

from corda_sim.core.errors import CordaError
from corda_sim.flow.errors import (
    CannotBeDeserialisedException,
    ConstraintViolationException,
    CordappNotInstalledException,
    DatabaseException,
    FlowException,
    FlowReplayError,
    HospitalizeFlowException,
    StateTransitionException,
    TransientDatabaseException,
)
from corda_sim.flow.hospital import (
    MAX_DISCHARGES,
    Outcome,
    Patient,
    back_off_seconds,
    diagnose,
)
from corda_sim.node.storage.errors import (
    ConstraintViolation,
    DatabaseUnavailable,
    DiskFull,
    DuplicateKey,
    StorageError,
)


def _patient(error: BaseException, **signs: bool | int) -> Patient:
    return Patient(
        "example.Flow",
        error,
        discharges=int(signs.get("discharges", 0)),
        receiving_finality=bool(signs.get("receiving_finality")),
    )


@pytest.mark.parametrize("error", [FlowException("no"), ValueError("no"), CordaError("no")])
def test_nobody_can_help_an_ordinary_failure(error: Exception) -> None:
    assert diagnose(_patient(error)) is Outcome.UNTREATABLE


def test_a_flow_that_asks_for_it_is_observed() -> None:
    patient = _patient(HospitalizeFlowException("look at me"))
    assert diagnose(patient) is Outcome.OVERNIGHT_OBSERVATION


def test_a_replay_that_differs_is_observed() -> None:
    error = FlowReplayError.__new__(FlowReplayError)
    assert diagnose(_patient(error)) is Outcome.OVERNIGHT_OBSERVATION


@pytest.mark.parametrize("kind", [ConstraintViolationException, TransientDatabaseException])
def test_what_may_pass_by_itself_is_tried_again_only_so_often(
    kind: type[DatabaseException],
) -> None:
    error = kind("no")
    found = [diagnose(_patient(error, discharges=n)) for n in range(MAX_DISCHARGES + 1)]
    assert found == [Outcome.DISCHARGE] * MAX_DISCHARGES + [Outcome.OVERNIGHT_OBSERVATION]


def test_any_other_database_error_is_observed_at_once() -> None:
    assert diagnose(_patient(DatabaseException("syntax"))) is Outcome.OVERNIGHT_OBSERVATION


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (DuplicateKey("twice"), ConstraintViolationException),
        (ConstraintViolation("null"), ConstraintViolationException),
        (DatabaseUnavailable("away"), TransientDatabaseException),
        (DiskFull("full"), DatabaseException),
        (StorageError("no such table"), DatabaseException),
    ],
)
def test_the_errors_of_the_storage_are_known_to_the_staff(
    error: Exception, kind: type[DatabaseException]
) -> None:
    assert isinstance(error, kind)


def test_a_deadlock_is_tried_again_however_often_it_happens() -> None:
    patient = _patient(DatabaseException("Deadlock found"), discharges=99)
    assert diagnose(patient) is Outcome.DISCHARGE


def test_the_word_deadlock_outside_the_database_means_nothing() -> None:
    assert diagnose(_patient(RuntimeError("deadlock"))) is Outcome.UNTREATABLE


def test_receiving_finality_is_observed_whatever_the_error() -> None:
    for error in (ValueError("contract"), FlowException("another transaction")):
        kept = diagnose(_patient(error, receiving_finality=True))
        assert kept is Outcome.OVERNIGHT_OBSERVATION


def test_a_discharge_wins_over_observation() -> None:
    patient = _patient(ConstraintViolationException("twice"), receiving_finality=True)
    assert diagnose(patient) is Outcome.DISCHARGE


def test_what_the_engine_cannot_do_is_tried_again_only_so_often() -> None:
    error = StateTransitionException("no such session")
    found = [diagnose(_patient(error, discharges=n)) for n in (0, MAX_DISCHARGES)]
    assert found == [Outcome.DISCHARGE, Outcome.OVERNIGHT_OBSERVATION]


@pytest.mark.parametrize("kind", [CannotBeDeserialisedException, CordappNotInstalledException])
def test_a_flow_that_cannot_be_brought_back_is_observed(kind: type[CordaError]) -> None:
    assert diagnose(_patient(kind("why"))) is Outcome.OVERNIGHT_OBSERVATION


def test_the_first_retry_is_at_once_and_later_ones_wait_longer_to_a_limit() -> None:
    waits = [back_off_seconds(n) for n in range(30)]
    assert waits[0] == 0.0
    assert waits[1] == pytest.approx(17.5)
    assert waits == sorted(waits)
    assert waits[-1] == 120.0
