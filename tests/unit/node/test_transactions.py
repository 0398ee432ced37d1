from collections.abc import Iterator
from pathlib import Path

import pytest

from corda_sim.core.crypto.signatures import sign_transaction_id
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow.context import StagedStep
from corda_sim.node.storage import migrate
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.transactions import TransactionRecorded, TransactionStorage
from tests.unit.node.vault.conftest import coin, pair, transaction


class Shelf:
    """A transaction storage, and the commits of its steps."""

    def __init__(self, url: str, cache_bytes: int) -> None:
        self.storage = SqlStorage(url)
        self.transactions = TransactionStorage(
            self.storage, lambda: 10**18, cache_bytes=cache_bytes
        )

    def stage(self, stx: SignedTransaction, *, verified: bool) -> StagedStep:
        step = StagedStep("flow")
        self.transactions.stage(step, stx, verified=verified)
        return step

    def commit(self, *steps: StagedStep) -> None:
        assert self.storage.commit([s.batch for s in steps], epoch=None) == [None] * len(steps)
        for step in steps:
            for action in step.on_commit:
                action()


@pytest.fixture(params=[0, 10**6], ids=["uncached", "cached"])
def shelf(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Shelf]:
    url = f"sqlite:///{tmp_path}/node.db"
    migrate.upgrade(url, ("node",))
    made = Shelf(url, request.param)
    yield made
    made.storage.close()


STX = transaction(coin(5))


def test_staged_transactions_are_seen_but_not_verified(shelf: Shelf) -> None:
    assert shelf.transactions.get(STX.id) is None
    step = shelf.stage(STX, verified=True)
    assert step.notifications == [TransactionRecorded(STX.id)]
    assert shelf.transactions.get(STX.id) == STX
    assert not shelf.transactions.is_verified(STX.id)
    shelf.commit(step)
    assert shelf.transactions.get(STX.id) == STX
    assert shelf.transactions.is_verified(STX.id)


def test_a_rollback_leaves_nothing(shelf: Shelf) -> None:
    step = shelf.stage(STX, verified=True)
    for undo in step.on_rollback:
        undo()
    assert shelf.transactions.get(STX.id) is None


def test_unverified_becomes_verified_and_never_the_reverse(shelf: Shelf) -> None:
    step = shelf.stage(STX, verified=False)
    assert step.notifications == []
    shelf.commit(step)
    assert not shelf.transactions.is_verified(STX.id)
    assert not shelf.transactions.was_recorded(STX.id)
    upgrade, late = shelf.stage(STX, verified=True), shelf.stage(STX, verified=False)
    assert not shelf.transactions.was_recorded(STX.id)
    shelf.commit(late, upgrade)
    assert shelf.transactions.is_verified(STX.id)
    assert shelf.transactions.was_recorded(STX.id)
    shelf.commit(shelf.stage(STX, verified=False))
    assert shelf.transactions.is_verified(STX.id)


def test_the_order_of_commits_is_no_matter(shelf: Shelf) -> None:
    unverified, verified = shelf.stage(STX, verified=False), shelf.stage(STX, verified=True)
    shelf.commit(verified, unverified)
    assert shelf.transactions.is_verified(STX.id)


def test_signatures_are_merged(shelf: Shelf) -> None:
    shelf.commit(shelf.stage(STX, verified=True))
    more = SignedTransaction.of(STX.tx, (sign_transaction_id(pair("Notary"), STX.id, 4),))
    shelf.commit(shelf.stage(more, verified=True))
    found = shelf.transactions.get(STX.id)
    assert found is not None
    assert set(found.sigs) == {*STX.sigs, *more.sigs}
    again = shelf.stage(STX, verified=True)
    assert not again.batch
    assert again.notifications == [TransactionRecorded(STX.id)]


def test_the_cache_holds_as_many_bytes_as_it_may(tmp_path: Path) -> None:
    several = [transaction(coin(n)) for n in range(1, 6)]
    room = sum(len(one.tx_bits) for one in several[:3])
    url = f"sqlite:///{tmp_path}/node.db"
    migrate.upgrade(url, ("node",))
    shelf = Shelf(url, room)
    for one in (*several, several[-1]):
        shelf.commit(shelf.stage(one, verified=True))
    kept = shelf.transactions._cache
    assert list(kept) == [one.id for one in several[-3:]]
    assert shelf.transactions._cached_bytes == sum(one.size for one in kept.values()) <= room
    assert shelf.transactions.get(several[0].id) == several[0]
    assert several[0].id in kept
    shelf.storage.close()
