"""A node's life in one process: it comes up, goes down, and cleans up whatever fails on the way."""

import asyncio
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from corda_sim.core.errors import IllegalStateError
from corda_sim.node.cert_errors import KeyStoreException
from corda_sim.node.config import NodeConfiguration, load_config, write_config
from corda_sim.node.lease import Lease
from corda_sim.node.network_create import NetworkRequest, NotarySeat, create_network
from corda_sim.node.network_errors import NetworkParametersException
from corda_sim.node.network_parameters import PARAMETERS_FILE
from corda_sim.node.node import Node
from corda_sim.node.node_files import RUN
from corda_sim.node.storage.database import SqlStorage


def ignore(_seat: NotarySeat) -> None:
    """No notary is started here."""


@pytest.fixture
def node_dir(tmp_path: Path) -> Path:
    request = NetworkRequest(("PartyA",), validator=False, outsider=False)
    create_network(tmp_path / "n", request, ignore, now=datetime.now(UTC))
    node_dir = tmp_path / "n" / "PartyA"
    # Long: on SQLite a standby kills the holder of an expired lease, which is this process.
    long = {"enterpriseConfiguration": {"mutualExclusionConfiguration": {"waitInterval": 60_000}}}
    settings = load_config(node_dir).model_dump(by_alias=True, exclude_unset=True)
    write_config(node_dir, NodeConfiguration.model_validate({**settings, **long}))
    return node_dir


def run_files(node_dir: Path) -> list[Path]:
    return list((node_dir / RUN).iterdir())


def lease_is_free(node_dir: Path) -> bool:
    storage = SqlStorage(load_config(node_dir).database_url(node_dir))
    try:
        return Lease(storage).try_acquire() is not None
    finally:
        storage.close()


def test_up_and_down(node_dir: Path) -> None:
    async def life() -> None:
        node = Node(node_dir)
        with pytest.raises(IllegalStateError, match="lease"):
            node.perform([])
        assert await node.open()
        assert [file.stem for file in run_files(node_dir)] == [str(os.getpid())]
        node.announce_ready()
        assert '"state": "ready"' in run_files(node_dir)[0].read_text()
        node.set_draining(True)
        node.stop()
        await node.wait_stopped()
        await asyncio.sleep(0.1)
        await node.close()
        again = Node(node_dir)
        assert await again.open()
        assert again.manager.draining
        await again.close()

    asyncio.run(life())
    assert run_files(node_dir) == []
    assert lease_is_free(node_dir)


def test_long_work_is_done_by_a_thread_of_the_nodes_until_it_closes(node_dir: Path) -> None:
    settings = load_config(node_dir).model_dump(by_alias=True, exclude_unset=True)
    config = NodeConfiguration.model_validate({**settings, "largeTransactionBytes": 1_000})
    threads: list[str] = []

    async def life() -> None:
        node = Node(node_dir, config)
        assert await node.open()
        assert node.manager.settings.large_transaction == 1_000
        await node.hub.run_beside(lambda: threads.append(threading.current_thread().name))
        await node.close()
        with pytest.raises(RuntimeError, match="after shutdown"):
            await node.hub.run_beside(lambda: None)

    asyncio.run(life())
    assert threads == ["worker_0"]


def test_stopped_before_it_has_the_lease(node_dir: Path) -> None:
    async def life() -> None:
        active, standby = Node(node_dir), Node(node_dir)
        assert await active.open()
        waiting = asyncio.create_task(standby.open())
        await asyncio.sleep(0.3)
        standby.stop()
        assert not await waiting
        await standby.close()
        await active.close()

    asyncio.run(life())


def fails_to_open(node_dir: Path, error: type[Exception]) -> None:
    async def life() -> None:
        node = Node(node_dir)
        with pytest.raises(error):
            await node.open()
        await node.close()

    asyncio.run(life())
    assert run_files(node_dir) == []
    assert lease_is_free(node_dir)


def test_a_wrong_password_leaves_nothing_behind(node_dir: Path) -> None:
    changed = load_config(node_dir).model_copy(update={"key_store_password": "wrong"})
    write_config(node_dir, changed)
    fails_to_open(node_dir, KeyStoreException)


def test_damaged_parameters_leave_nothing_behind(node_dir: Path) -> None:
    (node_dir / PARAMETERS_FILE).write_bytes(b"rubbish")
    fails_to_open(node_dir, NetworkParametersException)


def test_an_address_in_use_leaves_nothing_behind(node_dir: Path) -> None:
    address = node_dir / "p2p.sock"
    address.write_text("not a socket")
    fails_to_open(node_dir, Exception)
