"""A user's own contracts in place of ours."""

import json
from pathlib import Path
from typing import Any

import pytest

from goquorum.artifacts import artifact, parse_artifact
from goquorum.contract_set import OURS, ContractSet
from goquorum.endpoint.addresses import show_address
from goquorum.errors import ArtifactMissing, ArtifactRefused
from tests.unit.goquorum.contract_folders import FORMS, document, foundry, hardhat, write_artifact


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["LCPClientIAS", "AssetToken"])
def test_the_forms_of_other_tools_say_the_same(form: str, name: str) -> None:
    ours = document(name)
    assert parse_artifact(name, FORMS[form](name, ours)) == artifact(name)


@pytest.mark.parametrize("form", FORMS)
def test_an_interface_can_not_be_deployed(form: str) -> None:
    ours = document("AssetToken")
    ours["evm"]["bytecode"]["object"] = ""
    with pytest.raises(ArtifactRefused, match="no code"):
        parse_artifact("AssetToken", FORMS[form]("AssetToken", ours))


@pytest.mark.parametrize(
    "content",
    [{}, {"abi": []}, {"abi": [], "bytecode": "0x00"}, {"abi": [], "bytecode": {}}, [], {"evm": 1}],
)
def test_another_form_is_refused(content: Any) -> None:  # noqa: ANN401 - JSON
    with pytest.raises(ArtifactRefused, match="no form of an artifact"):
        parse_artifact("Token", content)


def test_a_folder_comes_before_ours_contract_by_contract(tmp_path: Path) -> None:
    write_artifact(tmp_path, "AssetToken", hardhat)
    file = tmp_path / "AssetToken.sol" / "AssetToken.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "bytecode": "0x6001"}))
    found = ContractSet.read(tmp_path)
    assert found.artifact("AssetToken").bytecode == "6001"
    assert found.artifact("CrossAuthModule") == artifact("CrossAuthModule")
    assert OURS.artifact("AssetToken") == artifact("AssetToken")


def test_what_belongs_together_is_never_taken_from_two_places(tmp_path: Path) -> None:
    """A handler's logic writes into the handler's storage: another's would ruin it."""
    write_artifact(tmp_path, "OwnableIBCHandler", foundry)
    origin = ContractSet.read(tmp_path).origin("OwnableIBCHandler")
    with pytest.raises(ArtifactMissing, match="no IBCClient, which its other contracts need"):
        origin("IBCClient")


def test_the_originals_name_of_the_connection_logic_is_known(tmp_path: Path) -> None:
    write_artifact(tmp_path, "OwnableIBCHandler", hardhat)
    write_artifact(tmp_path, "IBCConnection", hardhat, named="IBCConnectionSelfStateNoValidation")
    abstract = {"abi": [], "bytecode": "0x", "deployedBytecode": "0x", "linkReferences": {}}
    (tmp_path / "IBCConnection.json").write_text(json.dumps(abstract))
    origin = ContractSet.read(tmp_path).origin("OwnableIBCHandler")
    assert origin("IBCConnection").bytecode == artifact("IBCConnection").bytecode


def test_the_former_name_of_the_light_client_is_known(tmp_path: Path) -> None:
    write_artifact(tmp_path, "AssetToken", hardhat, named="LCPClient")
    made = ContractSet.read(tmp_path).artifact("LCPClientIAS")
    assert made.bytecode == artifact("AssetToken").bytecode


def test_a_contract_that_is_there_twice_is_not_guessed(tmp_path: Path) -> None:
    for folder in ("old", "new"):
        write_artifact(tmp_path / folder, "AssetToken", hardhat)
    with pytest.raises(ArtifactRefused, match="more than once"):
        ContractSet.read(tmp_path).artifact("AssetToken")


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "AssetToken.json").write_text("{")
    with pytest.raises(ArtifactRefused, match=r"AssetToken\.json"):
        ContractSet.read(tmp_path).artifact("AssetToken")


def test_addresses_are_read_by_the_parts_of_the_bridge(tmp_path: Path) -> None:
    (tmp_path / "addresses.json").write_text(json.dumps({"handler": show_address(b"\xab" * 20)}))
    found = ContractSet.read(tmp_path)
    assert found.given.handler == b"\xab" * 20
    assert found.given.cross is None
    assert ContractSet.read(tmp_path).artifact("AssetToken") == artifact("AssetToken")


@pytest.mark.parametrize("content", ["", "[]", '{"handler": "0x12"}', '{"hanlder": null}'])
def test_addresses_that_can_not_be_meant_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "addresses.json").write_text(content)
    with pytest.raises(ArtifactRefused, match=r"addresses\.json"):
        ContractSet.read(tmp_path)


def test_a_folder_without_anything_in_place_of_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "addresses.json").write_text("{}")
    write_artifact(tmp_path, "IBCClient", hardhat)
    with pytest.raises(
        ArtifactRefused, match="neither addresses nor one of OwnableIBCHandler, LCP"
    ):
        ContractSet.read(tmp_path)


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactRefused, match="no folder"):
        ContractSet.read(tmp_path / "none")
