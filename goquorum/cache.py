"""The per-user folder of downloads, keyed by version (XDG Base Directory)."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path


def cache_root() -> Path:
    """`$CORDA_SIM_CACHE`, else `corda-sim` in the user's cache folder."""
    named = os.environ.get("CORDA_SIM_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "corda-sim"


def cached(kind: str, key: str, fill: Callable[[Path], None]) -> Path:
    """The folder `kind/key` of the cache; `fill` makes it where it is missing.

    It is filled beside its place and moved there when whole, so that a killed process leaves no
    half of it; processes that want the same folder wait for each other.
    """
    folder = cache_root() / kind / key
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{key}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            partial = folder.parent / f"{key}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            fill(partial)
            partial.rename(folder)
    return folder
