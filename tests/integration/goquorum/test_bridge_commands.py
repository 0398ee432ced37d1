"""`goquorum deploy | admit` and `nft mint | approve | owner` on chains with blocks of a second."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corda_sim.cli.main import FAILED, run
from corda_sim.ibc.lightclients.ethereum.signatures import address_of
from goquorum.bridge_file import BridgeFile
from goquorum.devnet import lifecycle
from goquorum.devnet.lifecycle import DevnetRequest
from goquorum.endpoint.addresses import show_address
from goquorum.endpoint.json_rpc import JsonRpc
from tests.integration.goquorum.enclave import AttestationService

pytestmark = pytest.mark.integration
ISSUER, SELLER = b"\x0a" * 32, b"\x0b" * 32
SELLER_ADDRESS = show_address(address_of(SELLER))


REAL = pytest.param(
    "goquorum",
    marks=pytest.mark.skipif(
        not os.environ.get("GOQUORUM_GETH"), reason="GOQUORUM_GETH names no GoQuorum"
    ),
)


@pytest.fixture(scope="module", params=["quick", REAL])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("devnet")
    found = lifecycle.up(folder, DevnetRequest(request.param, 4, "1s"))
    yield found.nodes[0].rpc
    assert lifecycle.down(folder) == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, service: AttestationService) -> Path:
    made = tmp_path_factory.mktemp("keys")
    for name, key in (("issuer", ISSUER), ("seller", SELLER)):
        (made / name).write_text(key.hex())
        (made / name).chmod(0o600)
    (made / "root.der").write_bytes(service.root)
    return made


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:  # noqa: ANN401 - JSON
    assert run([*arguments, "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def test_a_user_deploys_mints_approves_and_looks(
    url: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    issuer = ("--rpc", url, "--key", str(folder / "issuer"))
    seller = ("--rpc", url, "--key", str(folder / "seller"))
    file = tmp_path / "bridge.json"
    root = ("--root-certificate", str(folder / "root.der"))
    made = said(capsys, "goquorum", "deploy", str(file), *root, *issuer)
    assert made == json.loads(file.read_text())
    rpc = JsonRpc(url)
    assert BridgeFile.read(file).connect(rpc).token.address.hex() in made["token"].lower()
    rpc.close()
    nft = ("--nft", made["token"])
    said(capsys, "goquorum", "admit", "lcp-client-0", "--bridge", str(file), *issuer)
    minted = said(capsys, "nft", "mint", "7", *nft, "--to", SELLER_ADDRESS, *issuer)
    assert minted["block"] > made["block"]
    assert said(capsys, "nft", "owner", "7", *nft, "--rpc", url) == {
        "owner": SELLER_ADDRESS,
        "approved": None,
    }
    said(capsys, "nft", "approve", "7", *nft, "--to", made["transfers"], *seller)
    found = said(capsys, "nft", "owner", "7", *nft, "--rpc", url)
    assert found == {"owner": SELLER_ADDRESS, "approved": made["transfers"]}
    assert run(["nft", "owner", "8", *nft, "--rpc", url]) == FAILED
    assert "ERC721NonexistentToken(tokenId=8)" in capsys.readouterr().err
