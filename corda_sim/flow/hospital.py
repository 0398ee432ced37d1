"""The flow hospital: what becomes of a flow that failed (StaffedFlowHospital). Pure."""

from collections.abc import Callable
from enum import IntEnum

import msgspec

from corda_sim.core.errors import CordaError
from corda_sim.flow.errors import FlowException, FlowReplayError, HospitalizeFlowException

MAX_DISCHARGES = 3
"""Retries after an error of the platform before the flow is kept for observation."""


class Outcome(IntEnum):
    """Corda's diagnoses, the first that any member of the staff gives wins."""

    TERMINAL = 1
    DISCHARGE = 2
    OVERNIGHT_OBSERVATION = 3
    UNTREATABLE = 4


class Patient(msgspec.Struct, frozen=True):
    """What the staff looks at; `discharges` counts former retries at the same step."""

    flow_class: str
    error: BaseException
    discharges: int = 0
    from_database: bool = False
    receiving_finality: bool = False
    from_peer: bool = False


Doctor = Callable[[Patient], Outcome | None]


def _sedation_nurse(patient: Patient) -> Outcome | None:
    sedate = isinstance(patient.error, HospitalizeFlowException | FlowReplayError)
    return Outcome.OVERNIGHT_OBSERVATION if sedate else None


def _deadlock_nurse(patient: Patient) -> Outcome | None:
    deadlock = patient.from_database and "deadlock" in str(patient.error).lower()
    return Outcome.DISCHARGE if deadlock else None


def _database_endocrinologist(patient: Patient) -> Outcome | None:
    if not patient.from_database:
        return None
    retry = patient.discharges < MAX_DISCHARGES
    return Outcome.DISCHARGE if retry else Outcome.OVERNIGHT_OBSERVATION


def _notary_doctor(patient: Patient) -> Outcome | None:
    general = getattr(patient.error, "is_general_notary_error", False)
    return Outcome.DISCHARGE if general else None


def _finality_doctor(patient: Patient) -> Outcome | None:
    local = patient.receiving_finality and not patient.from_peer
    return Outcome.OVERNIGHT_OBSERVATION if local else None


STAFF: tuple[Doctor, ...] = (
    _deadlock_nurse,
    _notary_doctor,
    _sedation_nurse,
    _database_endocrinologist,
    _finality_doctor,
)


def diagnose(patient: Patient) -> Outcome:
    """The first diagnosis in Corda's order of precedence; UNTREATABLE lets the flow fail."""
    found = [outcome for doctor in STAFF if (outcome := doctor(patient)) is not None]
    return min(found, default=Outcome.UNTREATABLE)


def back_off_seconds(discharges: int) -> float:
    """Delay before the next retry: none first, then growing (StaffedFlowHospital's schedule)."""
    return 0.0 if discharges == 0 else min(120.0, 10.0 + 10.0 * 1.5**discharges / 2)


def is_platform_error(error: BaseException) -> bool:
    """Whether an error is one of ours rather than of the flow's author."""
    return isinstance(error, CordaError) and not isinstance(error, FlowException)
