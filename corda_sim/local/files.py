"""Files that their owner alone may read."""

import glob
import os
from collections.abc import Callable
from pathlib import Path

from corda_sim.local.processes import start_ticks


def read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """The content of a file of mode 0600, made in one step where there is none."""
    if not path.exists():
        write_private(path, make())
    return path.read_bytes()


def write_private(path: Path, content: bytes) -> None:
    """Replace a file in one step; its mode is 0600. On return it survives a power cut.

    Raises:
        OSError: the disk refused; the former content is still there.
    """
    _remove_leftovers(path)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        _write_through(scratch, content)
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _write_through(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _remove_leftovers(path: Path) -> None:
    """What processes left that died while they wrote the file; a secret may be in it."""
    for found in path.parent.glob(f".{glob.escape(path.name)}.*"):
        pid = found.suffix.removeprefix(".")
        if pid.isdecimal() and (int(pid) == os.getpid() or start_ticks(int(pid)) is None):
            found.unlink(missing_ok=True)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
