"""Telling processes of this machine apart (Linux)."""

from pathlib import Path
from typing import Final

_START_TIME_FIELD: Final = 19  # field 22 of /proc/PID/stat, counted after the command's name


def start_ticks(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None when it's gone or a zombie."""
    fields = stat_fields(pid)
    # A zombie's files and locks are released: it holds nothing any more.
    return None if not fields or fields[0] in {"Z", "X"} else int(fields[_START_TIME_FIELD])


def stat_fields(pid: int) -> list[str]:
    """`/proc/PID/stat` behind the command's name, which may hold blanks; none if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def children_of(pid: int) -> tuple[int, ...]:
    """The processes that a process has started and that run; none of one that is gone."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        told = [(task / "children").read_text("utf-8") for task in tasks]
    except (FileNotFoundError, ProcessLookupError):
        return ()
    found = (int(child) for one in told for child in one.split())
    return tuple(child for child in found if start_ticks(child) is not None)
