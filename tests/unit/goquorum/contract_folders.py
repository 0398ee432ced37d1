"""Our artifacts as other tools write theirs."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from goquorum.artifacts import FOLDER

Document = Mapping[str, Any]


def hardhat(name: str, ours: Document) -> dict[str, Any]:
    code = ours["evm"]["bytecode"]
    return {
        "_format": "hh-sol-artifact-1",
        "contractName": name,
        "sourceName": f"contracts/{name}.sol",
        "abi": ours["abi"],
        "bytecode": "0x" + code["object"],
        "deployedBytecode": "0x" + ours["evm"]["deployedBytecode"]["object"],
        "linkReferences": code["linkReferences"],
        "deployedLinkReferences": {},
    }


def foundry(_: str, ours: Document) -> dict[str, Any]:
    code = ours["evm"]["bytecode"]
    return {
        "abi": ours["abi"],
        "bytecode": {"object": "0x" + code["object"], "linkReferences": code["linkReferences"]},
        "deployedBytecode": {"object": "0x" + ours["evm"]["deployedBytecode"]["object"]},
        "methodIdentifiers": ours["evm"]["methodIdentifiers"],
    }


def compiler(_: str, ours: Document) -> Document:
    return ours


Form = Callable[[str, Document], Document]
FORMS: Mapping[str, Form] = {"hardhat": hardhat, "foundry": foundry, "compiler": compiler}


def document(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_bytes())
    return found


def write_artifact(folder: Path, name: str, form: Form, *, named: str | None = None) -> None:
    """Put a contract of ours where Hardhat and Foundry put theirs."""
    file = folder / f"{name}.sol" / f"{named or name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(form(named or name, document(name))))
