"""Compiled contracts: ABI, bytecode and storage layout, one JSON file each."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from goquorum.errors import ArtifactMissing, UnlinkedLibrary

FOLDER: Final = Path(__file__).parent / "artifacts"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract.

    `bytecode` is hexadecimal, with a placeholder for the address of each library in `links`, which
    maps a library's name to the places (in bytes) where its address goes.
    """

    name: str
    abi: tuple[Mapping[str, Any], ...]
    bytecode: str
    deployed_size: int
    links: Mapping[str, tuple[int, ...]]

    def linked(self, libraries: Mapping[str, bytes]) -> bytes:
        """The bytecode to deploy; `libraries` gives the 20-byte address of each library.

        Raises:
            UnlinkedLibrary: one that is needed isn't there.
        """
        code = self.bytecode
        for library, places in self.links.items():
            if library not in libraries:
                raise UnlinkedLibrary(f"{self.name} needs the library {library}")
            for place in places:
                code = code[: 2 * place] + libraries[library].hex() + code[2 * place + 40 :]
        return bytes.fromhex(code)


def parse_artifact(name: str, content: Mapping[str, Any]) -> Artifact:
    """An artifact as the Solidity compiler's standard JSON output has it, ours or another's."""
    code = content["evm"]["bytecode"]
    links = {
        library: tuple(place["start"] for place in places)
        for file in code["linkReferences"].values()
        for library, places in file.items()
    }
    size = len(content["evm"]["deployedBytecode"]["object"]) // 2
    return Artifact(name, tuple(content["abi"]), code["object"], size, links)


@cache
def artifact(name: str) -> Artifact:
    """One of our own contracts.

    Raises:
        ArtifactMissing: there is none of that name.
    """
    file = FOLDER / f"{name}.json"
    if not file.is_file():
        known = ", ".join(sorted(names()))
        raise ArtifactMissing(f"No contract is named {name}; there are {known}")
    return parse_artifact(name, json.loads(file.read_bytes()))


def names() -> Iterator[str]:
    """The names of our contracts."""
    return (file.stem for file in FOLDER.glob("*.json"))
