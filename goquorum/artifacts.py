"""Compiled contracts: ABI, bytecode and storage layout, one JSON file each."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from goquorum.errors import ArtifactMissing, ArtifactRefused, UnlinkedLibrary

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
    """An artifact as the Solidity compiler's standard JSON output, Hardhat or Foundry has it.

    Raises:
        ArtifactRefused: it is of another form, or has no code: an interface.
    """
    try:
        code, references, deployed = _code(content)
        links = {
            library: tuple(place["start"] for place in places)
            for file in references.values()
            for library, places in file.items()
        }
        made = Artifact(name, tuple(content["abi"]), code, len(deployed) // 2, links)
    except (AttributeError, KeyError, TypeError) as error:
        raise ArtifactRefused(f"{name} is in no form of an artifact that is known") from error
    if not made.bytecode:
        raise ArtifactRefused(f"{name} has no code: it is an interface or abstract")
    return made


def _code(content: Mapping[str, Any]) -> tuple[str, Mapping[str, Any], str]:
    """Bytecode, the places of libraries in it, and the bytecode once deployed."""
    if isinstance(content.get("bytecode"), str):  # Hardhat
        code, deployed = content["bytecode"], content["deployedBytecode"]
        return code.removeprefix("0x"), content["linkReferences"], deployed.removeprefix("0x")
    outer = content.get("evm", content)  # the compiler's, or else Foundry's
    code, deployed = outer["bytecode"], outer["deployedBytecode"]["object"]
    return code["object"].removeprefix("0x"), code["linkReferences"], deployed.removeprefix("0x")


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
