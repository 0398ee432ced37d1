"""Compiles the contracts into the artifacts that are committed.

python -m goquorum.compile           # writes goquorum/artifacts
python -m goquorum.compile --check   # exit 1 where they aren't what the sources compile to
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from goquorum.artifacts import FOLDER
from goquorum.errors import CompilationFailed
from goquorum.node_js import find_node_js
from goquorum.npm_packages import node_modules

SOURCES: Final = Path(__file__).parent / "contracts"
SOLC: Final = Path(__file__).parent / "solc.cjs"
OUTPUT: Final = (
    "abi",
    "storageLayout",
    "evm.bytecode.object",
    "evm.bytecode.linkReferences",
    "evm.deployedBytecode.object",
    "evm.methodIdentifiers",
)
SETTINGS: Final = {
    "evmVersion": "berlin",
    "viaIR": False,
    "optimizer": {"enabled": True, "runs": 1000},
    # Without the hash of the sources' text a comment changes no bytecode.
    "metadata": {"bytecodeHash": "none"},
    "outputSelection": {"*": {"*": list(OUTPUT)}},
}
_IMPORT: Final = re.compile(r'from\s+"(@openzeppelin/[^"]+)"')
_INNER_IMPORT: Final = re.compile(r'(?:from|import)\s+"(\.[^"]+)"')


def read_sources(packages: Path) -> dict[str, str]:
    """Every source unit by its name: ours, and what they import of OpenZeppelin."""
    ours = {
        str(path.relative_to(SOURCES)): path.read_text() for path in sorted(SOURCES.rglob("*.sol"))
    }
    found, wanted = dict(ours), {name for text in ours.values() for name in _IMPORT.findall(text)}
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = (packages / name).read_text()
            wanted.update(_imports_of(name, found[name]))
    return found


def _imports_of(name: str, text: str) -> set[str]:
    folder = Path("/") / Path(name).parent
    inner = {str((folder / path).resolve())[1:] for path in _INNER_IMPORT.findall(text)}
    return inner | set(_IMPORT.findall(text))


def compile_contracts() -> dict[str, dict[str, Any]]:
    """Standard JSON output of each of our contracts and libraries that has code, by name.

    Raises:
        CompilationFailed: the compiler found errors or warnings.
        NodeJsMissing, NpmInstallFailed: the compiler can't be had.
    """
    packages = node_modules("solc")
    sources = {name: {"content": text} for name, text in read_sources(packages).items()}
    request = {"language": "Solidity", "sources": sources, "settings": SETTINGS}
    answer = subprocess.run(
        (str(find_node_js().node), str(SOLC), str(packages)),
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
    )
    output = json.loads(answer.stdout)
    complaints = [error["formattedMessage"] for error in output.get("errors", [])]
    if complaints:
        raise CompilationFailed("\n".join(complaints))
    return {
        name: contract
        for file, contracts in output["contracts"].items()
        if not file.startswith("@")
        for name, contract in contracts.items()
        if _has_code(contract)
    }


def _has_code(contract: Mapping[str, Any]) -> bool:
    """Whether it can be deployed and called: no interface, no library of internal functions."""
    kinds = {entry["type"] for entry in contract["abi"]}
    return bool(contract["evm"]["bytecode"]["object"]) and "function" in kinds


def render(contract: Mapping[str, Any]) -> str:
    """The text of an artifact file: the same for the same contract on every machine.

    The compiler numbers syntax trees through all files; without these numbers a change in one file
    leaves the other contracts' artifacts as they are.
    """
    layout = re.sub(
        r"\)\d+|\"astId\": \d+, ", _without_number, json.dumps(contract["storageLayout"])
    )
    return (
        json.dumps({**contract, "storageLayout": json.loads(layout)}, indent=1, sort_keys=True)
        + "\n"
    )


def _without_number(found: re.Match[str]) -> str:
    return ")" if found[0].startswith(")") else ""


def main(arguments: list[str] | None = None) -> int:
    """Write or check; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args(arguments).check
    wanted = {f"{name}.json": render(made) for name, made in compile_contracts().items()}
    if check:
        present = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
        stale = sorted(
            name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name)
        )
        for name in stale:
            print(f"goquorum/artifacts/{name} isn't what the sources compile to", file=sys.stderr)
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
