"""The flow hospital: what becomes of a flow that failed (StaffedFlowHospital). Pure."""

from collections.abc import Callable
from enum import IntEnum

import msgspec

from corda_sim.flow.errors import (
    CheckpointIncompatibleException,
    ConstraintViolationException,
    DatabaseException,
    FlowReplayError,
    HospitalizeFlowException,
    StateTransitionException,
    TransientDatabaseException,
)

MAX_DISCHARGES = 3
"""Retries after an error of the platform before the flow is kept for observation."""


class Outcome(IntEnum):
    """Corda's diagnoses, the first that any member of the staff gives wins."""

    TERMINAL = 1
    DISCHARGE = 2
    OVERNIGHT_OBSERVATION = 3
    UNTREATABLE = 4


class Patient(msgspec.Struct, frozen=True):
    """What the staff looks at; `discharges` counts former retries at the same step.

    `receiving_finality`: the error came out of a ReceiveFinalityFlow that may have been sent a
    final transaction.
    """

    flow_class: str
    error: BaseException
    discharges: int = 0
    receiving_finality: bool = False


Doctor = Callable[[Patient], Outcome | None]
_KEPT = (HospitalizeFlowException, FlowReplayError, CheckpointIncompatibleException)


def _sedation_nurse(patient: Patient) -> Outcome | None:
    sedate = isinstance(patient.error, _KEPT)
    return Outcome.OVERNIGHT_OBSERVATION if sedate else None


def _deadlock_nurse(patient: Patient) -> Outcome | None:
    of_database = isinstance(patient.error, DatabaseException)
    deadlock = of_database and "deadlock" in str(patient.error).lower()
    return Outcome.DISCHARGE if deadlock else None


def _duplicate_insert_specialist(patient: Patient) -> Outcome | None:
    violation = isinstance(patient.error, ConstraintViolationException)
    return _a_few_times(patient) if violation else None


def _transient_connection_cardiologist(patient: Patient) -> Outcome | None:
    away = isinstance(patient.error, TransientDatabaseException)
    return _a_few_times(patient) if away else None


def _database_endocrinologist(patient: Patient) -> Outcome | None:
    of_database = isinstance(patient.error, DatabaseException)
    return Outcome.OVERNIGHT_OBSERVATION if of_database else None


def _general_practitioner(patient: Patient) -> Outcome | None:
    return _a_few_times(patient) if isinstance(patient.error, StateTransitionException) else None


def _a_few_times(patient: Patient) -> Outcome:
    retry = patient.discharges < MAX_DISCHARGES
    return Outcome.DISCHARGE if retry else Outcome.OVERNIGHT_OBSERVATION


def _finality_doctor(patient: Patient) -> Outcome | None:
    return Outcome.OVERNIGHT_OBSERVATION if patient.receiving_finality else None


STAFF: tuple[Doctor, ...] = (
    _deadlock_nurse,
    _sedation_nurse,
    _duplicate_insert_specialist,
    _transient_connection_cardiologist,
    _database_endocrinologist,
    _general_practitioner,
    _finality_doctor,
)


def diagnose(patient: Patient) -> Outcome:
    """The first diagnosis in Corda's order of precedence; UNTREATABLE lets the flow fail."""
    found = [outcome for doctor in STAFF if (outcome := doctor(patient)) is not None]
    return min(found, default=Outcome.UNTREATABLE)


def back_off_seconds(discharges: int) -> float:
    """Delay before the next retry: none first, then growing (StaffedFlowHospital's schedule)."""
    return 0.0 if discharges == 0 else min(120.0, 10.0 + 10.0 * 1.5**discharges / 2)
