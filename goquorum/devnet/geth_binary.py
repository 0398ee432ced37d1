"""GoQuorum's program: the project installs none, the user points to one."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from goquorum.errors import WrongUse

VERSION: Final = "22.4.0"
VARIABLE: Final = "GOQUORUM_GETH"
_SECONDS: Final = 20
_DIFFERENCES: Final = (
    "from 22.4.2 on the request timeout counts in seconds, so that a silent proposer stops the "
    "chain for over an hour; before 22.4.0 there is no QBFT as tested here"
)


class GethMissing(WrongUse):
    """No GoQuorum was named, or what was named is none."""


def find_geth(named: Path | None) -> Path:
    """The program: `named`, else `$GOQUORUM_GETH`, else `geth` on the PATH. Raises GethMissing."""
    given = named or os.environ.get(VARIABLE)
    found = shutil.which(given or "geth")
    if found is None:
        what = f"{given} is no program" if given else "there is no geth on the PATH"
        raise GethMissing(f"{what}: point to GoQuorum {VERSION} with --geth PATH or ${VARIABLE}")
    return Path(found).resolve()


def quorum_version(geth: Path) -> str:
    """GoQuorum's version, as `geth version` tells it. Raises GethMissing."""
    try:
        answer = subprocess.run(
            (geth, "version"), capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GethMissing(f"{geth} doesn't run: {error}") from error
    found = re.search(r"^Quorum Version: (\S+)$", answer.stdout, re.MULTILINE)
    if found is None:
        raise GethMissing(f"{geth} is no GoQuorum: `geth version` names no Quorum Version")
    return found[1]


def version_warning(version: str) -> str | None:
    """What to tell the user about another version than the one tested; None for that one."""
    if version == VERSION:
        return None
    return f"This is GoQuorum {version}, not {VERSION}: {_DIFFERENCES}."
