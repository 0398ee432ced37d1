"""`goquorum` and `nft`, as far as they need no chain: exit codes and what is never sent."""

from pathlib import Path

import pytest
import typer

from corda_sim.cli import goquorum_options
from corda_sim.cli.main import UNREACHABLE, USAGE, run

NOWHERE = "http://127.0.0.1:9"
ADDRESS = "0x" + "ab" * 20
KEY = "11" * 32


@pytest.fixture
def key(tmp_path: Path) -> str:
    file = tmp_path / "key"
    file.write_text(KEY)
    file.chmod(0o600)
    return str(file)


@pytest.mark.parametrize(
    ("token", "nft", "to"),
    [
        ("7", ADDRESS[:-1], ADDRESS),
        ("7", ADDRESS, "alice"),
        ("7", ADDRESS, "0x52908400098527886E0F7030069857D2E4169eE7"),
        ("-1", ADDRESS, ADDRESS),
        (str(2**256), ADDRESS, ADDRESS),
        ("seven", ADDRESS, ADDRESS),
    ],
)
@pytest.mark.parametrize("command", ["mint", "approve"])
def test_a_mistyped_word_is_wrong_use(
    command: str, token: str, nft: str, to: str, key: str
) -> None:
    arguments = ["nft", command, "--nft", nft, "--to", to, "--rpc", NOWHERE, "--key", key]
    assert run([*arguments, "--", token]) == USAGE


@pytest.mark.parametrize("command", ["mint", "approve"])
def test_an_endpoint_that_does_not_answer_is_exit_code_3(
    command: str, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--nft", ADDRESS, "--to", ADDRESS, "--rpc", NOWHERE, "--key", key]
    assert run(["nft", command, "7", *arguments]) == UNREACHABLE
    assert capsys.readouterr().err.startswith("EndpointUnreachable: ")


def test_the_owner_needs_no_key() -> None:
    assert run(["nft", "owner", "7", "--nft", ADDRESS, "--rpc", NOWHERE]) == UNREACHABLE
    assert run(["nft", "owner", "7", "--nft", ADDRESS, "--rpc", "ftp://nowhere"]) == 1


def test_a_key_that_others_may_read_is_wrong_use(
    key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(key).chmod(0o644)
    arguments = ["--nft", ADDRESS, "--to", ADDRESS, "--rpc", NOWHERE, "--key", key]
    assert run(["nft", "mint", "7", *arguments]) == USAGE
    assert "KeyFileRefused" in capsys.readouterr().err


def test_a_bridge_is_not_deployed_over_another(tmp_path: Path, key: str) -> None:
    bridge, root = tmp_path / "bridge.json", tmp_path / "root.der"
    bridge.write_text("{}")
    root.write_bytes(b"certificate")
    options = ["--rpc", NOWHERE, "--key", key, "--root-certificate", str(root)]
    assert run(["goquorum", "deploy", str(bridge), *options]) == USAGE
    assert bridge.read_text() == "{}"


@pytest.mark.parametrize("missing", ["root", "contracts", "key"])
def test_a_file_that_is_missing_is_wrong_use(tmp_path: Path, key: str, missing: str) -> None:
    root = tmp_path / "root.der"
    root.write_bytes(b"certificate")
    files = {"root": str(root), "contracts": str(tmp_path), "key": key}
    files[missing] = str(tmp_path / "none")
    options = ["--rpc", NOWHERE, "--key", files["key"], "--root-certificate", files["root"]]
    options += ["--contracts", files["contracts"]]
    assert run(["goquorum", "deploy", str(tmp_path / "bridge.json"), *options]) == USAGE
    assert not (tmp_path / "bridge.json").exists()


def test_a_bridge_file_that_is_none_is_wrong_use(
    tmp_path: Path, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bridge = tmp_path / "bridge.json"
    bridge.write_text('{"handler": "0x12"}')
    options = ["--bridge", str(bridge), "--rpc", NOWHERE, "--key", key]
    assert run(["goquorum", "admit", "lcp-client-0", *options]) == USAGE
    assert "BridgeFileRefused" in capsys.readouterr().err


def test_a_password_comes_from_its_file_or_from_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text("two words \n")
    assert goquorum_options._password(file) == "two words "
    monkeypatch.setattr(typer, "prompt", lambda *_, hide_input, err: "typed" * hide_input * err)
    assert goquorum_options._password(None) == "typed"
    with pytest.raises(typer.BadParameter):
        goquorum_options._password(tmp_path / "none")
