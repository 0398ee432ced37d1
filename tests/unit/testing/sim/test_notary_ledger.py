"""The simulated ledger means what the notary's store means."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.node.storage.migrate import upgrade
from corda_sim.testing.sim.notary import NotaryDisk, SimNotaryLedger
from notary.decide import CommitRequest, decide
from notary.store import LoggedRequest, NotaryStore

WORKER = "O=Notary, L=London, C=GB"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
REFS = [StateRef(SecureHash.sha256(bytes([number])), number % 3) for number in range(12)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[NotaryStore]:
    url = f"sqlite:///{tmp_path / 'notary.db'}"
    upgrade(url, ("notary",))
    made = NotaryStore(url, worker=WORKER, instance_id="test", clock=lambda: NOW)
    yield made
    made.close()


def _request(random: Random) -> LoggedRequest:
    """A few states of few, so that they conflict; the same id has the same states."""
    number = random.randrange(30)
    of_id = Random(number)
    refs = of_id.sample(REFS, 4)
    inputs, references = tuple(refs[:2]), tuple(refs[2 : 2 + of_id.randrange(3)])
    return LoggedRequest(
        CommitRequest(SecureHash.sha256(b"tx%d" % number), inputs, references, None), "somebody"
    )


def batches(seed: int) -> Iterator[Sequence[LoggedRequest]]:
    random = Random(seed)
    for _ in range(12):
        yield [_request(random) for _ in range(1 + random.randrange(4))]


@pytest.mark.parametrize("seed", range(8))
def test_it_decides_and_chains_as_the_store_does(store: NotaryStore, seed: int) -> None:
    disk = NotaryDisk()
    ledger = SimNotaryLedger(disk, WORKER, lambda: NOW)

    for batch in batches(seed):
        expected, found = store.commit_batch(batch, decide), ledger.commit_batch(batch, decide)
        assert found == expected
        assert ledger.head() == store.head()
        assert ledger.contains(store.head()) or store.head().sequence == 0


def test_a_copied_disk_goes_its_own_way() -> None:
    disk = NotaryDisk()
    first, second = list(batches(1))[:2]
    SimNotaryLedger(disk, WORKER, lambda: NOW).commit_batch(first, decide)

    copy = disk.copy()
    SimNotaryLedger(copy, WORKER, lambda: NOW).commit_batch(second, decide)

    assert len(disk.batches) == 1
    assert disk.view("notary").batches == copy.view("notary").batches[:1]
