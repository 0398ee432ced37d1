"""Crash points: a process kills or stops itself at a named place, so that tests can crash it there.

`CORDA_SIM_CRASH=point:n` sends SIGKILL to the process at the n-th time it passes the point, and
`point:n:stop` SIGSTOP. Several, separated by commas, are all armed; with
`CORDA_SIM_CRASH_STATE=FILE` they are armed one after the other across restarts
(`before_commit:1,mid_recovery:1` crashes again while it recovers). `arm` does the same to a process
that runs, and counts from then on. Unarmed, a point costs one comparison.
"""

import os
import signal
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from corda_sim.core.errors import CordaError

CRASH: Final = "CORDA_SIM_CRASH"
CRASH_STATE: Final = "CORDA_SIM_CRASH_STATE"


class CrashPoint(StrEnum):
    """Where a node may crash, in the order in which a step passes them."""

    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    AFTER_PUBLISH = "after_publish"
    AFTER_CONFIRM = "after_confirm"
    BEFORE_ACK = "before_ack"
    AFTER_ACK = "after_ack"
    ON_FINISH = "on_finish"
    MID_RECOVERY = "mid_recovery"
    NOTARY_AFTER_COMMIT = "notary_after_commit"
    NOTARY_BEFORE_HEAD = "notary_before_head"


class CrashPlanError(CordaError, ValueError):
    """`CORDA_SIM_CRASH` isn't `point:n[:stop]` entries separated by commas."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """Signal the process at the `occurrence`-th pass (from 1) of `point`."""

    point: CrashPoint
    occurrence: int
    stop: bool = False

    @classmethod
    def parse(cls, entry: str) -> "Trigger":
        """Read `point:n` or `point:n:stop`.

        Raises:
            CrashPlanError: it is neither, or names no crash point.
        """
        name, _, rest = entry.strip().partition(":")
        count, _, variant = rest.partition(":")
        if variant not in {"", "stop"} or not count.isdecimal() or int(count) < 1:
            raise CrashPlanError(f"{CRASH}: expected point:n or point:n:stop, found {entry!r}")
        if name not in set(CrashPoint):
            known = ", ".join(CrashPoint)
            raise CrashPlanError(f"{CRASH}: unknown crash point {name!r}, expected one of {known}")
        return cls(CrashPoint(name), int(count), variant == "stop")


@dataclass(slots=True)
class CrashPlan:
    """The triggers armed in this process and how often it passed each point."""

    triggers: tuple[Trigger, ...]
    state_file: Path | None = None
    passed: Counter[CrashPoint] = field(default_factory=Counter)

    def hit(self, point: CrashPoint) -> None:
        """Count a pass of `point` and fire the trigger that waits for it."""
        self.passed[point] += 1
        reached = self.passed[point]
        for trigger in self.triggers:
            if (trigger.point, trigger.occurrence) == (point, reached):
                self._fire(trigger)

    def _fire(self, trigger: Trigger) -> None:
        if self.state_file is not None:
            _append_line(self.state_file, f"{trigger.point}:{trigger.occurrence}")
        os.kill(os.getpid(), signal.SIGSTOP if trigger.stop else signal.SIGKILL)


def plan_from_environment(environment: Mapping[str, str]) -> CrashPlan | None:
    """The plan that the environment asks for; None when it asks for none.

    Raises:
        CrashPlanError: an entry can't be read.
    """
    entries, state = environment.get(CRASH), environment.get(CRASH_STATE)
    if not entries:
        return None
    triggers = _parse(entries)
    state_file = Path(state) if state else None
    if state_file is not None:
        fired = len(state_file.read_text().splitlines()) if state_file.exists() else 0
        triggers = triggers[fired : fired + 1]
    return CrashPlan(triggers, state_file)


def _parse(entries: str) -> tuple[Trigger, ...]:
    return tuple(Trigger.parse(entry) for entry in entries.split(",") if entry.strip())


def _append_line(path: Path, line: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, f"{line}\n".encode())
    finally:
        os.close(descriptor)


@dataclass(slots=True)
class _Armed:
    plan: CrashPlan | None


_armed: Final = _Armed(plan_from_environment(os.environ))


def arm(entries: str) -> None:
    """Arm these triggers in this process, instead of former ones; passes count from now.

    Without an entry it only counts.

    Raises:
        CrashPlanError: an entry can't be read.
    """
    _armed.plan = CrashPlan(_parse(entries))


def passes() -> Counter[CrashPoint]:
    """How often this process has passed each point since `arm`; nothing where none was armed."""
    return Counter() if _armed.plan is None else Counter(_armed.plan.passed)


def watch(plan: CrashPlan | None) -> None:
    """Let `plan` see every pass in this process from now on (a simulator's own); None ends it."""
    _armed.plan = plan


def hit(point: CrashPoint) -> None:
    """Pass a crash point; nothing happens unless one was armed."""
    if _armed.plan is not None:
        _armed.plan.hit(point)
