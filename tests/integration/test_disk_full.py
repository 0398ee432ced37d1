"""The disk is full for a while, under the nodes and under PostgreSQL: work waits and goes on."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.node.network_create import NetworkRequest
from corda_sim.testing.driver import Driver
from corda_sim.testing.errors import NodeGone
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from tests.integration.crashing import PATIENCE_SECONDS
from tests.servers.postgres import postgres_bin, start_postgres

pytestmark = pytest.mark.integration

PAYER, PAYEE = "PartyA", "PartyB"
UNAVAILABLE = "corda_database_unavailable"
AT_ONCE = 100


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A disk of that size, to which any account may come; skips where none can be mounted."""
    folder = Path(tempfile.mkdtemp(prefix="corda-sim-disk-"))
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=711", "tmpfs", str(folder)]
    try:
        folder.chmod(0o711)
        if os.getuid() != 0 or subprocess.run(command, check=False).returncode:
            pytest.skip("no disk can be mounted: that needs root")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)
    finally:
        folder.rmdir()


def fill(disk: Path) -> Path:
    """A file that leaves no room for anything else."""
    file = disk / "filler"
    with file.open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(1 << 16))
    return file


@contextmanager
def network(directory: Path, request: NetworkRequest) -> Iterator[Driver]:
    with Driver(request, directory, environment={"PYTHONHASHSEED": "random"}) as driver:
        driver.start()
        driver.run(PAYER, CashIssueFlow(Amount.parse("10000 JPY"), splits=AT_ONCE), "issue")
        yield driver


def pay_until(driver: Driver, condition: Callable[[], bool]) -> list[Future[str]]:
    """Ask for payments, so many at once, until something has come about."""
    asked: list[Future[str]] = []
    flow = CashPaymentFlow(Amount.parse("1 JPY"), driver.party(PAYEE))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not asked or not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
        under_way = sum(not future.done() for future in asked)
        for _ in range(AT_ONCE - under_way):
            asked.append(driver.ask(PAYER, flow, f"payment {len(asked)}"))
    return asked


def is_stuck(driver: Driver) -> bool:
    """Whether a node can't write to its database; one that is too busy to tell is asked again."""
    with suppress(NodeGone):
        return any(driver.metrics(name)[UNAVAILABLE] for name in driver.names)
    return False


def finish(driver: Driver, asked: list[Future[str]]) -> None:
    assert sum(not future.done() for future in asked) > 0
    assert {future.result(PATIENCE_SECONDS) for future in asked} == {""}
    assert driver.await_quiet()
    assert driver.check() == []
    assert all(node.is_alive for node in driver.running.values())


def test_nodes_whose_disk_is_full_wait_for_room() -> None:
    """All that nodes and notary write lies on it: databases, logs, the notary's head."""
    request = NetworkRequest(validator=False, outsider=False)
    with small_disk(64) as disk, network(disk, request) as driver:
        filler = fill(disk)
        asked = pay_until(driver, lambda: is_stuck(driver))
        filler.unlink()
        finish(driver, asked)


@pytest.mark.slow
@pytest.mark.postgres
def test_nodes_whose_postgresql_has_no_room_wait_for_it(tmp_path: Path) -> None:
    binaries = postgres_bin()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    with small_disk(400) as disk:
        server = start_postgres(binaries, disk)
        server.wait_ready()
        try:
            databases = [server.env["CORDA_SIM_TEST_POSTGRES"]]
            request = NetworkRequest(databases=databases, validator=False, outsider=False)
            with network(tmp_path / "nodes", request) as driver:
                filler = fill(disk)
                asked = pay_until(driver, lambda: is_stuck(driver))
                filler.unlink()
                if server.process.poll() is not None:  # it ends where its log finds no room
                    server.restart()
                finish(driver, asked)
        finally:
            server.stop()
