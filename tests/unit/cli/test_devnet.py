"""`devnet`: what it prints, and its exit codes."""

import json
from pathlib import Path

import pytest

from corda_sim.cli.main import run
from goquorum.devnet import quick_tier
from goquorum.devnet.settings import DevnetSettings


@pytest.fixture
def booted(monkeypatch: pytest.MonkeyPatch) -> list[DevnetSettings]:
    """What would have been started; nothing is."""
    found: list[DevnetSettings] = []
    monkeypatch.setattr(quick_tier, "boot", lambda _, settings: found.append(settings))
    return found


def test_up_passes_on_what_was_asked(
    tmp_path: Path, booted: list[DevnetSettings], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--validators", "7", "--block-period", "instant", "--controls", "--json"]
    assert run(["devnet", "up", str(tmp_path), *asked]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["tier"], document["consensus"]) == ("quick", "simulated")
    assert document["nodes"][0]["name"] == "quick"
    assert (booted[0].validators, booted[0].block_period, booted[0].controls) == (
        7,
        "instant",
        True,
    )


def test_people_read_that_consensus_is_simulated(
    tmp_path: Path, booted: list[DevnetSettings], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["devnet", "up", str(tmp_path)]) == 0
    assert len(booted) == 1
    capsys.readouterr()
    assert run(["devnet", "status", str(tmp_path)]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["tier", "consensus", "name"]
    assert row.split()[:4] == ["quick", "simulated", "quick", "-"]


def test_down_tells_what_had_to_be_killed(
    tmp_path: Path, booted: list[DevnetSettings], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["devnet", "up", str(tmp_path)]) == 0
    assert len(booted) == 1
    capsys.readouterr()
    assert run(["devnet", "down", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"killed": []}
    assert run(["devnet", "down", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "The devnet is down\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["status"],
        ["down"],
        ["up", "--tier", "goquorum", "--geth", "/nowhere/geth"],
        ["up", "--geth", "/nowhere/geth"],
        ["up", "--tier", "quick", "--geth", "/nowhere/geth"],
        ["up", "--validators", "0"],
        ["up", "--block-period", "2s"],
        ["up", "--tier", "besu"],
    ],
)
def test_wrong_use_ends_with_2(
    tmp_path: Path, booted: list[DevnetSettings], arguments: list[str]
) -> None:
    command, *options = arguments
    assert run(["devnet", command, str(tmp_path / "none"), *options]) == 2
    assert booted == []
    assert not (tmp_path / "none").exists()


def test_an_error_is_named_on_the_error_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["devnet", "status", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("DevnetNotFound: ")
