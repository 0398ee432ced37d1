"""Booting GoQuorum, with a program that takes its command line."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from goquorum.devnet import goquorum_tier
from goquorum.devnet.goquorum_tier import boot, prepare, starting_order
from goquorum.devnet.processes import DevnetNotStarted, DevnetProcess
from goquorum.devnet.settings import DevnetSettings, NodeSettings
from goquorum.quick.validators import NOBODY, ValidatorKeys
from tests.unit.goquorum.devnet.conftest import FakeGeth


@pytest.fixture
def folder(
    tmp_path: Path, network: DevnetSettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    monkeypatch.setattr(goquorum_tier, "FIRST_BLOCK_SECONDS", 0.2)
    yield tmp_path / "net"
    for node in network.nodes:
        process = DevnetProcess.find(tmp_path / "net" / node.name)
        if process is not None:
            process.stop(10)


def starts(folder: Path, name: str) -> list[list[str]]:
    return [json.loads(line) for line in (folder / name / "started").read_text().splitlines()]


def test_each_node_gets_its_own_key_and_the_nodes_before_it(
    folder: Path, network: DevnetSettings, fake_geth: FakeGeth
) -> None:
    geth = fake_geth()
    for number in range(2):
        prepare(folder, network, number, geth)
    key = folder / "validator-1" / "geth" / "nodekey"
    assert key.read_text() == ValidatorKeys(network.seed_bytes()).secret(1).hex()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    dialled = [
        json.loads((folder / f"validator-{n}" / "geth" / "static-nodes.json").read_text())
        for n in range(2)
    ]
    assert [len(nodes) for nodes in dialled] == [0, 1]
    genesis = json.loads((folder / "validator-1" / "genesis.json").read_text())
    assert genesis["config"]["chainId"] == 1337


def test_a_chain_that_is_there_is_kept(
    folder: Path, network: DevnetSettings, fake_geth: FakeGeth
) -> None:
    geth = fake_geth()
    prepare(folder, network, 0, geth)
    (folder / "validator-0" / "genesis.json").unlink()
    prepare(folder, network, 0, geth)
    assert not (folder / "validator-0" / "genesis.json").exists()


def test_nodes_start_without_mining_and_mine_once_they_are_connected(
    folder: Path, network: DevnetSettings, fake_geth: FakeGeth
) -> None:
    boot(folder, network, fake_geth())
    for node in network.nodes:
        (started,) = starts(folder, node.name)
        assert "--mine" not in started
        assert started[started.index("--http.addr") + 1] == "127.0.0.1"
        assert DevnetProcess.find(folder / node.name) is not None


def test_all_are_started_again_while_no_block_comes(
    folder: Path, network: DevnetSettings, fake_geth: FakeGeth
) -> None:
    boot(folder, network, fake_geth(stuck=1))
    assert [len(starts(folder, node.name)) for node in network.nodes] == [2, 2]


def test_a_network_that_never_makes_a_block_is_given_up_and_stopped(
    folder: Path, network: DevnetSettings, fake_geth: FakeGeth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(goquorum_tier, "BOOTS", 2)
    with pytest.raises(DevnetNotStarted, match=r"no block in 0\.2 s, in each of 2 starts"):
        boot(folder, network, fake_geth(stuck=99))
    assert [DevnetProcess.find(folder / node.name) for node in network.nodes] == [None, None]


def test_the_programs_last_words_are_told(
    folder: Path, network: DevnetSettings, fake_geth: FakeGeth
) -> None:
    with pytest.raises(DevnetNotStarted, match=r"validator-0 ended: .*etherbase missing"):
        boot(folder, network, fake_geth(dies=True))


def test_a_refused_genesis_is_told(
    folder: Path, network: DevnetSettings, fake_geth: FakeGeth
) -> None:
    with pytest.raises(DevnetNotStarted, match="geth init: Fatal: invalid genesis file"):
        boot(folder, network, fake_geth(refuses=True))


def network_of(validators: int) -> DevnetSettings:
    nodes = tuple(NodeSettings(name=f"validator-{n}", rpc_port=1 + n) for n in range(validators))
    return DevnetSettings(
        tier="goquorum",
        validators=validators,
        block_period="1s",
        controls=False,
        seed="22" * 32,
        nodes=nodes,
    )


@pytest.mark.parametrize("validators", [1, 4, 7])
def test_who_proposes_the_next_block_starts_last(validators: int) -> None:
    """His proposal goes out once: those that don't mine by then would never see it."""
    network, keys = network_of(validators), ValidatorKeys(bytes.fromhex("22" * 32))
    turns = sorted(range(validators), key=keys.address)
    orders = [starting_order(network, NOBODY)]
    orders += [starting_order(network, keys.address(number)) for number in turns]
    assert [order[-1] for order in orders] == [*turns, turns[0]]
    assert all(sorted(order) == list(range(validators)) for order in orders)
