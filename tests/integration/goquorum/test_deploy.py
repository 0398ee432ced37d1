"""The whole bridge: deployed, tied, found again by its file, from our contracts or a user's."""

import json
from pathlib import Path
from typing import Any

import pytest

from goquorum.artifacts import names
from goquorum.bridge_file import BridgeFile, BridgeFileRefused
from goquorum.contract_set import OURS, ContractSet
from goquorum.deploy import (
    AUTH_PORT,
    CROSS_PORT,
    LCP_CLIENT_TYPE,
    Deployment,
    admit_client,
    deploy,
    deploy_bridge,
    revoke_client,
)
from goquorum.endpoint.account import Sender, TransactionReverted
from goquorum.endpoint.addresses import show_address
from goquorum.endpoint.json_rpc import JsonRpc
from goquorum.errors import ArtifactRefused
from goquorum.nft import Holding, Nft
from tests.integration.goquorum.conftest import refused
from tests.integration.goquorum.enclave import AttestationService
from tests.unit.goquorum.contract_folders import FORMS, document, hardhat, write_artifact

pytestmark = pytest.mark.integration
STRANGER = b"\x07" * 32


@pytest.fixture(scope="module")
def bridge(owner: Sender, service: AttestationService) -> Deployment:
    return deploy_bridge(owner, service.root, development=True)


def assert_tied(found: Deployment) -> None:
    for port, module in ((CROSS_PORT, found.cross), (AUTH_PORT, found.auth)):
        (bound,) = found.handler.view("getIBCModuleByPort", port)
        assert bound == "0x" + module.address.hex()
    (client,) = found.handler.view("getClientByType", LCP_CLIENT_TYPE)
    assert client == "0x" + found.lcp_client.address.hex()


def addresses(found: Deployment, *parts: str) -> str:
    return json.dumps({part: show_address(getattr(found, part).address) for part in parts})


def test_everything_is_registered_and_bound(bridge: Deployment, owner: Sender) -> None:
    assert_tied(bridge)
    again = bridge.cross.address
    error = refused(lambda: bridge.transfers.transact(owner, "bindCross", again))
    assert error == "AssetCrossAlreadyBound"


def test_its_file_leads_other_processes_to_it(
    bridge: Deployment, rpc: JsonRpc, tmp_path: Path
) -> None:
    file = tmp_path / "bridge.json"
    BridgeFile.of(rpc, 5, bridge).write(file)
    read = BridgeFile.read(file)
    assert (read.chain_id, read.block) == (1337, 5)
    assert_tied(read.connect(rpc))
    with pytest.raises(BridgeFileRefused, match="exists"):
        read.write(file)


def test_a_file_of_another_chain_is_refused(bridge: Deployment, rpc: JsonRpc) -> None:
    found = BridgeFile.of(rpc, 0, bridge)
    with pytest.raises(BridgeFileRefused, match="is chain 1337, not 7"):
        found.model_copy(update={"chain_id": 7}).connect(rpc)
    with pytest.raises(BridgeFileRefused, match="no contract for cross, token"):
        found.model_copy(update={"cross": b"\1" * 20, "token": b"\2" * 20}).connect(rpc)


def test_only_the_owner_admits_and_revokes_a_client(
    bridge: Deployment, owner: Sender, rpc: JsonRpc
) -> None:
    admit_client(owner, bridge, "lcp-client-0")
    for change in (admit_client, revoke_client):
        with pytest.raises(TransactionReverted, match="OwnableUnauthorizedAccount"):
            change(Sender(rpc, STRANGER), bridge, "lcp-client-1")


@pytest.mark.parametrize("form", FORMS)
def test_artifacts_of_other_tools_are_linked_and_deployed(
    owner: Sender, service: AttestationService, tmp_path: Path, form: str
) -> None:
    for name in names():
        write_artifact(tmp_path, name, FORMS[form])
    found = ContractSet.read(tmp_path)
    made = deploy_bridge(owner, service.root, development=True, contracts=found)
    assert_tied(made)
    # The libraries answer: a message that is none is refused by their errors, not by emptiness.
    error = refused(lambda: made.lcp_client.view("routeUpdateClient", "lcp-client-0", b"\x0a\x01x"))
    assert error == "LCPClientUnknownProtoTypeUrl"


def with_argument(file: Path, internal_type: str, kind: str) -> None:
    """What the contract doesn't read of its constructor's arguments changes nothing."""
    found: dict[str, Any] = json.loads(file.read_text())
    (constructor,) = (entry for entry in found["abi"] if entry["type"] == "constructor")
    constructor["inputs"].append({"internalType": internal_type, "name": "more", "type": kind})
    file.write_text(json.dumps(found))


def without_function(file: Path, name: str) -> None:
    found: dict[str, Any] = json.loads(file.read_text())
    found["abi"] = [entry for entry in found["abi"] if entry.get("name") != name]
    file.write_text(json.dumps(found))


def test_the_cross_module_of_the_original_stands_behind_our_gate_without_debug_mode(
    owner: Sender, service: AttestationService, tmp_path: Path
) -> None:
    write_artifact(tmp_path, "CrossSimpleModule", hardhat)
    file = tmp_path / "CrossSimpleModule.sol" / "CrossSimpleModule.json"
    with_argument(file, "bool", "bool")
    without_function(file, "listClient")
    made = deploy_bridge(
        owner, service.root, development=True, contracts=ContractSet.read(tmp_path)
    )
    address, handler, module, debug = newest_creation(owner, "CrossSimpleModule")
    assert (handler, module, debug) == (made.cross.address, made.transfers.address, bytes(20))
    assert address != made.cross.address
    assert_tied(made)
    admit_client(owner, made, "lcp-client-0")
    bound = refused(lambda: made.transfers.transact(owner, "bindCross", address))
    assert bound == "AssetCrossAlreadyBound"


def newest_creation(owner: Sender, name: str) -> list[bytes]:
    """Where the newest contract of a code lies, and the last 20 bytes of each of its arguments."""
    code = "0x" + document(name)["evm"]["bytecode"]["object"]
    head = int(owner.rpc.call("eth_blockNumber"), 16)
    for number in range(head, 0, -1):
        block = owner.rpc.call("eth_getBlockByNumber", hex(number), True)
        for sent in block["transactions"]:
            if sent["input"].startswith(code):
                receipt = owner.rpc.call("eth_getTransactionReceipt", sent["hash"])
                words = bytes.fromhex(sent["input"].removeprefix(code))
                arguments = [words[at + 12 : at + 32] for at in range(0, len(words), 32)]
                return [bytes.fromhex(receipt["contractAddress"][2:]), *arguments]
    raise AssertionError("nobody deployed it")


def test_a_cross_module_of_another_shape_is_to_be_given_by_address(
    owner: Sender, service: AttestationService, tmp_path: Path
) -> None:
    write_artifact(tmp_path, "CrossSimpleModule", hardhat)
    file = tmp_path / "CrossSimpleModule.sol" / "CrossSimpleModule.json"
    with_argument(file, "contract ITxManager", "address")
    with pytest.raises(ArtifactRefused, match="constructed from ITxManager: deploy it"):
        deploy_bridge(owner, service.root, development=True, contracts=ContractSet.read(tmp_path))


def test_contracts_at_given_addresses_are_tied_to_new_ones(
    bridge: Deployment, owner: Sender, service: AttestationService, tmp_path: Path
) -> None:
    """A handler and light client that stand already: the rest is deployed around a new handler."""
    (tmp_path / "addresses.json").write_text(addresses(bridge, "token"))
    made = deploy_bridge(
        owner, service.root, development=True, contracts=ContractSet.read(tmp_path)
    )
    assert made.token.address == bridge.token.address
    assert made.handler.address != bridge.handler.address
    assert_tied(made)


def test_a_bridge_that_is_all_given_is_left_as_it_is(
    bridge: Deployment, owner: Sender, service: AttestationService, tmp_path: Path
) -> None:
    parts = ("handler", "lcp_client", "cross", "auth", "transfers", "token")
    (tmp_path / "addresses.json").write_text(addresses(bridge, *parts))
    before = owner.pending_nonce()
    made = deploy_bridge(
        owner, service.root, development=True, contracts=ContractSet.read(tmp_path)
    )
    assert owner.pending_nonce() == before
    assert [getattr(made, part).address for part in parts] == [
        getattr(bridge, part).address for part in parts
    ]


def test_a_handler_that_the_sender_does_not_own_is_not_tied(
    bridge: Deployment, rpc: JsonRpc, service: AttestationService, tmp_path: Path
) -> None:
    (tmp_path / "addresses.json").write_text(addresses(bridge, "handler", "lcp_client"))
    found = ContractSet.read(tmp_path)
    with pytest.raises(TransactionReverted, match="OwnableUnauthorizedAccount"):
        deploy_bridge(Sender(rpc, STRANGER), service.root, development=True, contracts=found)
    assert_tied(bridge)


def test_a_constructor_that_fails_is_named(owner: Sender) -> None:
    with pytest.raises(TransactionReverted, match="constructor of LCPClientIAS"):
        deploy_bridge(owner, b"no certificate", development=True, contracts=OURS)


def test_a_token_is_minted_approved_and_moved(owner: Sender, rpc: JsonRpc) -> None:
    token = Nft(deploy(owner, "AssetToken", "Asset", "ASSET"))
    seller = Sender(rpc, STRANGER)
    assert token.mint(owner, 7, seller.address).succeeded
    assert token.holding(7) == Holding(seller.address, None)
    token.approve(seller, 7, b"\5" * 20)
    assert token.holding(7) == Holding(seller.address, b"\5" * 20)
    token.approve(seller, 7, bytes(20))
    assert token.holding(7).approved is None
    assert refused(lambda: token.mint(seller, 8, seller.address)) == "OwnableUnauthorizedAccount"
    assert refused(lambda: token.mint(owner, 7, seller.address)) == "ERC721InvalidSender"
    assert refused(lambda: token.approve(owner, 7, b"\5" * 20)) == "ERC721InvalidApprover"
    assert refused(lambda: token.holding(8)) == "ERC721NonexistentToken"
