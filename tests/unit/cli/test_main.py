"""Exit codes and JSON of commands that need no node."""

import json
import tomllib
from pathlib import Path

import pytest

from corda_sim.cli.main import exit_code, run
from corda_sim.core.errors import CordaError, IllegalArgumentError
from corda_sim.flow.errors import FlowArgumentsException
from corda_sim.node.config import RpcSettings, load_config, write_config
from corda_sim.node.network_errors import ConfirmationRequiredException
from corda_sim.rpc.errors import (
    FlowFailedException,
    NodeUnreachableException,
    PermissionException,
    RpcAuthenticationException,
    RpcException,
)

SALT = "507C152BEBE450C13C2B6CAA3AD9E6756A0EB2EC11062E53A49CF23AF6D8AA36"


def write(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_tx_id_prints_leaves_roots_and_id(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "tx.json", {"privacy_salt": SALT, "groups": {"1": ["00"], "2": ["01"]}})
    assert run(["tx", "id", str(file), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [group["group"] for group in document["groups"]] == [1, 2]
    assert document["groups"][0]["root"] == document["groups"][0]["leaves"][0]
    assert len(document["id"]) == 64


def test_tx_id_agrees_with_a_transaction_of_corda(
    vectors: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    genuine = json.loads((vectors / "corda" / "cash-stx-db.json").read_text(encoding="utf-8"))
    groups = {
        str(group["group"]): [one["component"] for one in group["components"]]
        for group in genuine["component_groups"]
    }
    document = {"privacy_salt": genuine["privacy_salt"], "groups": groups}
    assert run(["tx", "id", str(write(tmp_path / "tx.json", document)), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["id"] == "8476F686B4E12DDB34C6F451CDCC67DFDDE12CA1F0437690CBA56A8E01A74468"


@pytest.mark.parametrize("content", ["", "[]", '{"groups": {"1": ["zz"]}, "privacy_salt": ""}'])
def test_a_malformed_file_is_a_typed_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    file = tmp_path / "tx.json"
    file.write_text(content, encoding="utf-8")
    assert run(["tx", "id", str(file), "--json"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("DecodeError: ")


def test_wrong_usage_is_2() -> None:
    assert run(["flow", "no-such-command"]) == 2


NEED_A_NODE = [
    ["vault", "balance"],
    ["flow", "list"],
    ["tx", "show", SALT],
    ["account", "list"],
    ["node", "health"],
    ["node", "metrics"],
]


@pytest.mark.parametrize("command", NEED_A_NODE)
def test_a_node_that_does_not_run_is_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    (tmp_path / "node.toml").touch()
    assert run(["-n", str(tmp_path), *command, "--json"]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("NodeUnreachableException: ")


@pytest.mark.parametrize(
    "command", [*NEED_A_NODE, ["db", "current"], ["notary", "audit", f"{SALT}(0)"]]
)
def test_no_node_named_is_wrong_usage(command: list[str]) -> None:
    assert run(command) == 2
    assert run(["-n", "/nonexistent", *command]) == 2


def test_an_argument_without_equals_is_wrong_usage() -> None:
    assert run(["flow", "start", "CashIssueFlow", "amount"]) == 2


def test_destroy_wants_a_confirmation(tmp_path: Path) -> None:
    assert run(["network", "create", str(tmp_path / "net"), "--parties", "PartyA"]) == 0
    assert run(["network", "destroy", str(tmp_path / "net")]) == 2
    assert run(["network", "status", str(tmp_path / "net"), "--json"]) == 0
    assert run(["network", "destroy", str(tmp_path / "net"), "--yes"]) == 0
    assert not (tmp_path / "net").exists()


def test_audits_refuse_nodes_of_another_kind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["network", "create", str(tmp_path / "net"), "--parties", "PartyA"]) == 0
    node = ["-n", str(tmp_path / "net" / "PartyA")]
    assert run([*node, "notary", "audit", f"{SALT}(0)"]) == 1
    assert "is no notary" in capsys.readouterr().err
    assert run([*node, "validator", "audit", f"{SALT}(0)"]) == 1
    assert run([*node, "validator", "audit", SALT]) == 2


def test_create_refuses_a_directory_in_use(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert run(["network", "create", str(tmp_path)]) == 1


@pytest.mark.parametrize("command", ["up", "status", "down", "destroy"])
def test_a_directory_without_a_network_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert run(["network", command, str(tmp_path), "--json"]) == 2
    assert run(["check", str(tmp_path), "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("NetworkNotFoundException: ") == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (IllegalArgumentError("x"), 1),
        (PermissionException("x"), 1),
        (RpcAuthenticationException("x"), 1),
        (RpcException("NotaryException", "x"), 1),
        (RpcException("UnknownStateTypeException", "x"), 2),
        (FlowFailedException("FlowArgumentsException", "x"), 1),
        (FlowArgumentsException("x"), 2),
        (ConfirmationRequiredException("x"), 2),
        (NodeUnreachableException("x"), 3),
    ],
)
def test_exit_codes(error: CordaError, code: int) -> None:
    assert exit_code(error) == code


def test_a_stopped_network_has_a_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = tmp_path / "net"
    assert run(["network", "create", str(directory), "--parties", "Alice,Bob", "--json"]) == 0
    made = [node["name"] for node in json.loads(capsys.readouterr().out)["nodes"]]
    assert made == ["Alice", "Bob", "Validator", "Notary", "Outsider"]
    assert run(["network", "status", str(directory), "--json"]) == 0
    nodes = json.loads(capsys.readouterr().out)["nodes"]
    assert [node["name"] for node in nodes] == made
    for node in nodes:
        assert set(node) == {"name", "dir", "pid", "state", "rpc"}
        assert (node["pid"], node["state"]) == (None, "stopped")
        assert node["dir"] == str(directory / node["name"])
    assert run(["check", str(directory), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"violations": []}
    assert run(["check", str(directory), "--rpc", "http://127.0.0.1:1"]) == 2
    bridge = ("--bridge", str(tmp_path / "bridge.json"), "--rpc", "http://127.0.0.1:1")
    assert run(["check", str(directory), *bridge]) == 2
    assert "BridgeFileRefused" in capsys.readouterr().err
    assert run(["-n", str(directory / "Notary"), "db", "current", "--json"]) == 0
    versions = json.loads(capsys.readouterr().out)
    assert {"node", "notary"} <= {one["branch"] for one in versions}
    assert all(one["revision"] == one["head"] for one in versions)


def test_a_broker_that_parties_share_is_labelled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    create = ["network", "create", "--parties", "A1b,B2c"]
    assert run([*create, str(tmp_path / "own"), "--broker", "A1b=amqp://h"]) == 0
    assert "share a broker" not in capsys.readouterr().out
    assert run([*create, str(tmp_path / "net"), "--broker", "amqp://h"]) == 0
    assert "share a broker: for development only" in capsys.readouterr().out


def test_create_makes_nodes_that_listen_on_tcp(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    create = ["network", "create", "--parties", "A1b,B2c"]
    assert run([*create, str(tmp_path), "--p2p", "tcp", "--p2p", "B2c=tcp:b.example"]) == 0
    assert load_config(tmp_path / "A1b").p2p_address.startswith("127.0.0.1:")
    assert load_config(tmp_path / "B2c").p2p_address.startswith("b.example:")
    assert run([*create, str(tmp_path / "odd"), "--p2p", "tcp:a/b"]) == 1
    assert "not a host name" in capsys.readouterr().err


def test_ssl_settings_are_printed_for_node_toml(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["network", "create", str(tmp_path / "net"), "--parties", "PartyA"]) == 0
    capsys.readouterr()
    node_dir = tmp_path / "net" / "PartyA"
    assert run(["-n", str(node_dir), "node", "generate-rpc-ssl-settings"]) == 0
    table = tomllib.loads(capsys.readouterr().out)["rpcSettings"]
    assert table["useSsl"] is True
    assert (node_dir / table["ssl"]["keyStorePath"]).is_file()
    before = load_config(node_dir)
    settings = RpcSettings.model_validate(table)
    write_config(node_dir, before.model_copy(update={"rpc_settings": settings}))
    assert load_config(node_dir).rpc_settings == settings
