"""Packages from npm, exactly as a lock file names them, in the user's cache."""

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Final

from goquorum.cache import cached
from goquorum.errors import NpmInstallFailed
from goquorum.node_js import find_node_js

LOCKS: Final = Path(__file__).parent / "npm"


def node_modules(name: str) -> Path:
    """The `node_modules` that `goquorum/npm/NAME/package-lock.json` describes.

    Raises:
        NodeJsMissing: there is no Node.js to install them with.
        NpmInstallFailed: npm refused; the message is npm's.
    """
    source = LOCKS / name
    digest = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()[:16]

    def install(folder: Path) -> None:
        for file in ("package.json", "package-lock.json"):
            shutil.copy(source / file, folder)
        _npm_ci(folder)

    return cached("npm", f"{name}-{digest}", install) / "node_modules"


def _npm_ci(folder: Path) -> None:
    # Install scripts stay off: what we use comes whole in the packages.
    command = (*find_node_js().npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise NpmInstallFailed(answer.stderr.strip()[-1000:])
