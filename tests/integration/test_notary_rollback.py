"""A notary's database or directory set back in time: real processes, refused starts, overrides."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.core.identity import CordaX500Name
from corda_sim.node.config import load_config, write_config
from corda_sim.node.network_create import NetworkRequest
from corda_sim.node.run_files import node_processes
from corda_sim.testing.driver import Driver
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from notary.store import NotaryStore

pytestmark = pytest.mark.integration

LEDGER = ("notary.db", "notary.db-wal", "notary.db-shm")
PATIENCE_SECONDS = 60


def until(condition: Callable[[], bool], shown: Callable[[], str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, shown()
        time.sleep(0.05)


class Rig:
    """A stopped network whose notary was copied between two payments."""

    def __init__(self, driver: Driver, snapshot: Path, copy: Path) -> None:
        self.driver, self.snapshot, self.copy = driver, snapshot, copy
        self.directory = driver.network / "Notary"
        self.payments = 0

    def pay(self) -> None:
        self.payments += 1
        flow = CashPaymentFlow(Amount.parse("1 JPY"), recipient=self.driver.party("PartyB"))
        self.driver.run("PartyA", flow, f"payment {self.payments}")

    def stop(self, name: str = "Notary") -> None:
        self.driver.running[name].process.send_signal(signal.SIGTERM)
        assert self.driver.await_death(name, 15)

    def prepare(self) -> None:
        self.driver.run("PartyA", CashIssueFlow(Amount.parse("10 JPY"), splits=10), "issue")
        self.pay()
        self.stop()
        shutil.copytree(self.directory, self.copy)
        self.driver.start(["Notary"])
        self.pay()
        # Else PartyA would ask for the lost batch once more, and the restored chain be the old one.
        assert self.driver.await_quiet()
        for name in self.driver.names:
            self.stop(name)
        shutil.copytree(self.driver.network, self.snapshot)

    def reset(self) -> None:
        for name in self.driver.names:
            if self.driver.running[name].is_alive:
                self.driver.kill(name)
        shutil.rmtree(self.driver.network)
        shutil.copytree(self.snapshot, self.driver.network)

    def restore(self, *names: str) -> None:
        """Put the copies of these files back; without names the whole directory's."""
        if not names:
            shutil.rmtree(self.directory)
            shutil.copytree(self.copy, self.directory)
        for name in names:
            (self.directory / name).unlink(missing_ok=True)
            if (self.copy / name).exists():
                shutil.copy2(self.copy / name, self.directory / name)

    def waits_for(self) -> str:
        return "".join(one.why_not_ready() for one in node_processes(self.directory))

    def refusal(self) -> str:
        """Why the notary's process doesn't start."""
        node = self.driver.spawn("Notary")
        assert self.driver.await_death("Notary", PATIENCE_SECONDS)
        assert node.process.returncode != 0
        return node.log.read_text("utf-8")

    def database_head(self) -> str:
        store = NotaryStore(
            f"sqlite:///{self.directory / 'notary.db'}",
            worker=str(self.driver.party("Notary").name),
            instance_id="test",
            clock=lambda: pytest.fail("nothing is committed"),
        )
        head = store.head()
        store.close()
        return str(head.hash)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder = tmp_path_factory.mktemp("rollback")
    request = NetworkRequest(validator=False, outsider=False)
    with Driver(request, directory=folder) as driver:
        driver.start()
        rig = Rig(driver, folder / "snapshot", folder / "copy")
        rig.prepare()
        yield rig


@pytest.fixture
def rig(made: Rig) -> Rig:
    made.reset()
    return made


def test_an_older_database_is_refused_by_the_workers_own_head_file(rig: Rig) -> None:
    rig.restore(*LEDGER)
    refusal = rig.refusal()
    assert "NotaryRollbackException" in refusal
    assert f"--accept-head {rig.database_head()}" in refusal


def test_an_older_database_and_directory_are_refused_by_a_witness(rig: Rig) -> None:
    rig.restore()
    rig.driver.start()
    until(lambda: "knows batch" in rig.waits_for(), rig.waits_for)
    assert "O=PartyA, L=London, C=GB knows batch" in rig.waits_for()
    assert "--accept-head" in rig.waits_for()


def test_an_older_database_with_new_batches_is_refused_by_a_witness(rig: Rig) -> None:
    rig.restore()
    kept = ask_witnesses(rig.directory, ())
    rig.driver.start()
    rig.pay()
    rig.stop()
    ask_witnesses(rig.directory, kept)
    rig.driver.start(["Notary"])
    until(lambda: "knows batch" in rig.waits_for(), rig.waits_for)
    assert "O=PartyA, L=London, C=GB knows batch" in rig.waits_for()


def ask_witnesses(node_dir: Path, names: tuple[CordaX500Name, ...]) -> tuple[CordaX500Name, ...]:
    """Change the notary's witnesses; gives those it had."""
    config = load_config(node_dir)
    assert config.notary is not None
    notary = config.notary.model_copy(update={"witnesses": names})
    write_config(node_dir, config.model_copy(update={"notary": notary}))
    return config.notary.witnesses


def test_a_deleted_head_file_is_refused_and_an_operator_may_accept(rig: Rig) -> None:
    (rig.directory / "certificates" / "notary-head").unlink()
    refusal = rig.refusal()
    assert "notary-head" in refusal
    assert "Options: (1)" in refusal

    command = [sys.executable, "-m", "corda_sim.cli.main", "-n", str(rig.directory)]
    command += ["notary", "start", "--accept-head", rig.database_head()]
    rig.driver.start(["PartyA", "PartyB"])
    process = subprocess.Popen(command)
    try:
        until(lambda: bool(node_processes(rig.directory)) and not rig.waits_for(), rig.waits_for)
        rig.pay()
    finally:
        process.terminate()
        assert process.wait(15) == 0
    log = "".join(file.read_text("utf-8") for file in (rig.directory / "logs").iterdir())
    assert "An operator accepted head" in log
    rig.driver.start(["Notary"])
    rig.pay()
    assert rig.driver.await_quiet()
    assert rig.driver.check() == []


def test_a_worker_signs_once_a_witness_is_up_which_never_waits_for_it(rig: Rig) -> None:
    rig.driver.start(["Notary"])
    assert "PartyA" in rig.waits_for()
    assert "PartyB" in rig.waits_for()
    rig.driver.start(["PartyA"])
    until(lambda: not rig.waits_for(), rig.waits_for)
    rig.driver.start(["PartyB"])
    rig.pay()
