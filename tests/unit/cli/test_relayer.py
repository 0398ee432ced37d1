"""`relayer`, as far as it needs no chain."""

from pathlib import Path

import pytest

from corda_sim.cli.main import FAILED, UNREACHABLE, USAGE, run
from tests.unit.relayer.test_config import MINIMAL

ADDRESS = "0x" + "ab" * 20
PARTS = ("handler", "lcp_client", "cross", "auth", "transfers", "token")
COMMANDS = [["handshake"], ["status"], ["packets"], ["explain", "corda/cross/channel-0/1"]]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A file whose chains and proxy nobody runs."""
    parts = ", ".join(f'"{part}": "{ADDRESS}"' for part in PARTS)
    (tmp_path / "bridge.json").write_text(f'{{"chain_id": 1337, "block": 5, {parts}}}')
    key = tmp_path / "key.json"
    key.write_text("11" * 32)
    key.chmod(0o600)
    text = MINIMAL.replace("8545", "9").replace("50051", "9").replace("10006", "9")
    file = tmp_path / "relayer.toml"
    file.write_text(text)
    return file


def asked(command: list[str], config: Path) -> int:
    name, *rest = command
    return run(["relayer", name, str(config), *rest])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_chains_that_do_not_answer_are_exit_code_3(
    command: list[str], config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(command, config) == UNREACHABLE
    assert capsys.readouterr().err.startswith("EndpointUnreachable: ")


@pytest.mark.parametrize("command", [["run"], *COMMANDS], ids=lambda command: command[0])
def test_a_key_that_others_may_read_is_wrong_use(
    command: list[str], config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (config.parent / "key.json").chmod(0o644)
    assert asked(command, config) == USAGE
    error = capsys.readouterr().err
    assert error.startswith("KeyFileRefused: ")
    assert "11" * 32 not in error


def test_a_mistyped_configuration_is_told(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(MINIMAL.replace("username", "user"))
    assert asked(["status"], config) == FAILED
    assert "corda.user: unknown key; did you mean 'username'?" in capsys.readouterr().err


def test_a_missing_bridge_is_wrong_use(config: Path) -> None:
    (config.parent / "bridge.json").unlink()
    assert asked(["packets"], config) == USAGE
