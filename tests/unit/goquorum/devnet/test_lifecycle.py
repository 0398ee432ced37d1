"""Settings of a devnet, and what `up` refuses before it starts anything."""

import json
import stat
import sys
from pathlib import Path

import pytest

from goquorum.devnet import goquorum_tier, lifecycle, quick_tier
from goquorum.devnet.geth_binary import GethMissing
from goquorum.devnet.lifecycle import DevnetRequest
from goquorum.devnet.processes import DevnetNotStarted, DevnetProcess
from goquorum.devnet.settings import (
    EVM_FOLDER,
    DevnetNotFound,
    DevnetSettings,
    DevnetSettingsRefused,
    read_settings,
    write_settings,
)
from tests.unit.goquorum.devnet.conftest import FakeGeth


@pytest.fixture
def booted(monkeypatch: pytest.MonkeyPatch) -> list[DevnetSettings]:
    """What would have been started; nothing is."""
    found: list[DevnetSettings] = []
    monkeypatch.setattr(quick_tier, "boot", lambda _, settings: found.append(settings))
    monkeypatch.setattr(goquorum_tier, "boot", lambda _, settings, __: found.append(settings))
    return found


def test_settings_are_kept_for_the_owner_alone(tmp_path: Path, network: DevnetSettings) -> None:
    write_settings(tmp_path / "new", network)
    assert read_settings(tmp_path / "new") == network
    assert stat.S_IMODE((tmp_path / "new" / "devnet.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "change",
    [
        {"tier": "besu"},
        {"validators": 0},
        {"validators": 33},
        {"block_period": "2s"},
        {"seed": "11"},
        {"nodes": []},
        {"nodes": [{"name": "x", "rpc_port": 70000}]},
        {"more": 1},
    ],
)
def test_settings_that_cannot_be_read(
    tmp_path: Path, network: DevnetSettings, change: dict[str, object]
) -> None:
    document = json.loads(network.model_dump_json()) | change
    (tmp_path / "devnet.json").write_text(json.dumps(document))
    with pytest.raises(DevnetNotFound, match="holds no devnet that can be read"):
        lifecycle.status(tmp_path)


def test_an_empty_folder_holds_no_devnet(tmp_path: Path) -> None:
    for ask in (lifecycle.status, lifecycle.down):
        with pytest.raises(DevnetNotFound):
            ask(tmp_path)


def test_a_new_devnet_is_quick_with_four_validators(
    tmp_path: Path, booted: list[DevnetSettings]
) -> None:
    found = lifecycle.up(tmp_path, DevnetRequest())
    assert (found.tier, found.consensus, found.block_period) == ("quick", "simulated", "1s")
    assert [(node.name, node.pid, node.block) for node in found.nodes] == [("quick", None, None)]
    assert (booted[0].validators, booted[0].controls) == (4, False)
    assert booted == [read_settings(tmp_path)]


def test_keys_and_ports_stay_when_it_is_brought_up_again(
    tmp_path: Path, booted: list[DevnetSettings]
) -> None:
    lifecycle.up(tmp_path, DevnetRequest(validators=3, block_period="instant", controls=True))
    lifecycle.up(tmp_path, DevnetRequest())
    assert booted[0] == booted[1]
    assert booted[0].period_seconds() == 0


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (DevnetRequest(tier="goquorum"), "tier quick"),
        (DevnetRequest(validators=7), "validators 4"),
        (DevnetRequest(block_period="instant"), "block_period 1s"),
        (DevnetRequest(controls=True), "controls False"),
    ],
)
def test_a_folder_holds_one_devnet(
    tmp_path: Path, booted: list[DevnetSettings], other: DevnetRequest, words: str
) -> None:
    lifecycle.up(tmp_path, DevnetRequest())
    with pytest.raises(DevnetSettingsRefused, match=words):
        lifecycle.up(tmp_path, other)
    assert len(booted) == 1


@pytest.mark.parametrize(
    "request_", [DevnetRequest("goquorum", 1, "instant"), DevnetRequest("goquorum", controls=True)]
)
def test_goquorum_has_no_instant_blocks_and_no_controls(
    tmp_path: Path, booted: list[DevnetSettings], request_: DevnetRequest
) -> None:
    with pytest.raises(DevnetSettingsRefused):
        lifecycle.up(tmp_path, request_)
    assert booted == []
    assert list(tmp_path.iterdir()) == []


def test_without_goquorum_nothing_is_written(tmp_path: Path, booted: list[DevnetSettings]) -> None:
    with pytest.raises(GethMissing):
        lifecycle.up(tmp_path, DevnetRequest("goquorum"), tmp_path / "geth")
    assert booted == []
    assert list(tmp_path.iterdir()) == []


def test_goquorum_gets_a_node_for_each_validator_and_a_warning_of_its_version(
    tmp_path: Path, booted: list[DevnetSettings], fake_geth: FakeGeth
) -> None:
    geth = fake_geth(version="Quorum Version: 23.4.0")
    found = lifecycle.up(tmp_path / "net", DevnetRequest("goquorum", 3), geth)
    assert [node.name for node in found.nodes] == [f"validator-{n}" for n in range(3)]
    assert found.consensus == "QBFT"
    assert [warning[:24] for warning in found.warnings] == ["This is GoQuorum 23.4.0,"]
    ports = {node.rpc_port for node in booted[0].nodes} | {n.p2p_port for n in booted[0].nodes}
    assert len(ports) == 6


@pytest.mark.parametrize("name", ["quick", EVM_FOLDER])
def test_what_has_started_is_stopped_when_the_rest_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    started: list[DevnetProcess] = []

    def boot(directory: Path, _: DevnetSettings) -> None:
        sleep = (sys.executable, "-c", "import time; time.sleep(60)")
        started.append(DevnetProcess.start(sleep, directory / name))
        raise DevnetNotStarted("too slow")

    monkeypatch.setattr(quick_tier, "boot", boot)
    with pytest.raises(DevnetNotStarted, match="too slow"):
        lifecycle.up(tmp_path, DevnetRequest())
    assert [process.is_alive() for process in started] == [False]


def test_a_quick_process_that_ends_is_told_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: DevnetSettings
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(DevnetNotStarted, match="the quick devnet didn't start: it wrote nothing"):
        quick_tier.boot(tmp_path, network)
