from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.flow.notary.errors import Conflict, NotaryStoreException
from corda_sim.flow.notary.heads import NotaryHead, empty_head
from notary import schema
from notary.audit import audit_state
from notary.decide import CommitRequest, Committed, Decision, Rejected, decide
from notary.store import Decide, LoggedRequest, NotaryStore
from tests.unit.notary.conftest import StoreFactory
from tests.unit.notary.support import EXPIRED, NOW, WORKER, logged, ref, request, tx

OTHER = "O=Other Worker, L=Zurich, C=CH"


def commit(store: NotaryStore, *requests: LoggedRequest) -> tuple[Decision, ...]:
    return store.commit_batch(requests, decide).decisions


def count(store: NotaryStore, table: str) -> int:
    with store.engine.connect() as connection:
        query = select(func.count()).select_from(schema.metadata.tables[table])
        return connection.execute(query).scalar_one()


def test_what_was_committed_conflicts_from_then_on(store: NotaryStore) -> None:
    assert commit(store, logged("t", "a", "r")) == (Committed(tx("t")),)
    assert isinstance(commit(store, logged("u", "a"))[0], Rejected)
    assert isinstance(commit(store, logged("u", "b", "a"))[0], Rejected)
    assert commit(store, logged("t", "a", "r")) == (Committed(tx("t"), new=False),)


def test_a_transaction_without_inputs_is_known_again(store: NotaryStore) -> None:
    commit(store, logged("t", "", "r"))
    commit(store, logged("u", "r"))
    again = commit(store, logged("t", "", "r", EXPIRED))
    assert again == (Committed(tx("t"), new=False),)


def test_signed_again_after_its_reference_was_spent(store: NotaryStore) -> None:
    commit(store, logged("t", "a", "r"))
    commit(store, logged("u", "r"))
    assert commit(store, logged("t", "a", "r")) == (Committed(tx("t"), new=False),)


def test_every_request_is_logged_and_only_successes_consume(store: NotaryStore) -> None:
    commit(store, logged("t", "a"), logged("u", "a"), logged("v", "b", window=EXPIRED))
    commit(store, logged("t", "a"))
    assert count(store, "notary_request_log") == 4
    assert count(store, "notary_committed_states") == 1
    assert count(store, "notary_committed_transactions") == 1
    assert count(store, "notary_double_spends") == 1


def test_a_double_spend_asked_for_twice_is_one_row(store: NotaryStore) -> None:
    commit(store, logged("t", "a"))
    commit(store, logged("u", "a"), logged("u", "a"))
    commit(store, logged("u", "a"))
    assert count(store, "notary_double_spends") == 1


def test_an_input_named_twice_is_one_row(store: NotaryStore) -> None:
    commit(store, logged("t", "aab"))
    assert count(store, "notary_committed_states") == 2


def test_lookups_larger_than_one_in_clause(new_store: StoreFactory) -> None:
    store = new_store(max_input_states=3)
    refs = tuple(StateRef(tx("big"), index) for index in range(10))
    big = LoggedRequest(CommitRequest(tx("t"), refs), "O=PartyA, L=London, C=GB")
    assert commit(store, big) == (Committed(tx("t")),)
    rival = LoggedRequest(CommitRequest(tx("u"), refs), "O=PartyA, L=London, C=GB")
    decision = commit(store, rival)[0]
    assert isinstance(decision, Rejected)
    assert isinstance(decision.error, Conflict)
    assert len(decision.error.consumed_states) == 10


class TestHeads:
    def test_the_chain_grows_with_batches_that_commit_something(self, store: NotaryStore) -> None:
        assert store.head() == empty_head(WORKER)
        first = store.commit_batch([logged("t", "a")], decide).head
        refused = store.commit_batch([logged("u", "a")], decide).head
        repeated = store.commit_batch([logged("t", "a")], decide).head
        second = store.commit_batch([logged("v", "b")], decide).head
        assert (first.sequence, second.sequence) == (1, 2)
        assert refused == repeated == first
        assert store.head() == second

    def test_a_restarted_worker_goes_on_with_its_chain(self, new_store: StoreFactory) -> None:
        head = new_store().commit_batch([logged("t", "a")], decide).head
        again = new_store()
        assert again.head() == head
        assert again.commit_batch([logged("u", "b")], decide).head.sequence == 2

    def test_each_worker_has_a_chain_of_its_own(self, new_store: StoreFactory) -> None:
        new_store().commit_batch([logged("t", "a")], decide)
        other = new_store(OTHER).commit_batch([logged("u", "b")], decide).head
        assert (other.worker, other.sequence) == (OTHER, 1)

    def test_contains_only_the_very_head(self, store: NotaryStore) -> None:
        head = store.commit_batch([logged("t", "a")], decide).head
        assert store.contains(head)
        assert not store.contains(NotaryHead(WORKER, 1, tx("x")))
        assert not store.contains(NotaryHead(WORKER, 2, head.hash))
        assert not store.contains(NotaryHead(OTHER, 1, head.hash))

    def test_equal_histories_have_equal_heads_and_others_do_not(self, store: NotaryStore) -> None:
        first = store.commit_batch([logged("t", "a")], decide).head
        second = store.commit_batch([logged("u", "b")], decide).head
        assert len({empty_head(WORKER).hash, first.hash, second.hash}) == 3


class Stubborn:
    """Decides as usual, but the first `times` calls do `instead`."""

    def __init__(self, times: int, instead: Decide) -> None:
        self.times, self.instead, self.calls = times, instead, 0

    def __call__(
        self,
        batch: Sequence[CommitRequest],
        spent: Mapping[StateRef, SecureHash],
        committed: AbstractSet[SecureHash],
        now: datetime,
    ) -> tuple[Decision, ...]:
        self.calls += 1
        chosen = self.instead if self.calls <= self.times else decide
        return chosen(batch, spent, committed, now)


def blind(
    batch: Sequence[CommitRequest],
    _spent: Mapping[StateRef, SecureHash],
    _committed: AbstractSet[SecureHash],
    now: datetime,
) -> tuple[Decision, ...]:
    return decide(batch, {}, frozenset(), now)


def locked(*_arguments: object) -> tuple[Decision, ...]:
    raise OperationalError("commit", {}, Exception("database is locked"))


def test_a_primary_key_won_by_another_worker_becomes_a_conflict(new_store: StoreFactory) -> None:
    store, rival = new_store(), new_store(OTHER)
    commit(rival, logged("u", "a"))
    late = Stubborn(1, blind)
    result = store.commit_batch([logged("t", "a"), logged("v", "b")], late)
    assert late.calls == 2
    assert isinstance(result.decisions[0], Rejected)
    assert result.decisions[1] == Committed(tx("v"))
    assert count(store, "notary_request_log") == 3


def test_two_processes_under_one_workers_name_keep_one_chain(new_store: StoreFactory) -> None:
    one, two = new_store(), new_store()
    one.commit_batch([logged("t", "a")], decide)
    two.commit_batch([logged("u", "b")], decide)
    assert one.commit_batch([logged("v", "c")], decide).head.sequence == 3


def test_a_passing_database_error_is_retried_with_growing_pauses(new_store: StoreFactory) -> None:
    pauses: list[float] = []
    store = new_store(sleep=pauses.append)
    result = store.commit_batch([logged("t", "a")], Stubborn(3, locked))
    assert result.decisions == (Committed(tx("t")),)
    assert pauses == [0.02, 0.04, 0.08]


def test_a_lasting_database_error_is_reported(new_store: StoreFactory) -> None:
    store = new_store(sleep=lambda _seconds: None)
    with pytest.raises(NotaryStoreException):
        store.commit_batch([logged("t", "a")], Stubborn(99, locked))
    assert commit(store, logged("u", "a")) == (Committed(tx("u")),)


class TestAudit:
    def test_an_unknown_state(self, store: NotaryStore) -> None:
        audit = audit_state(store.engine, ref("a"))
        assert audit.consumed_by is None
        assert audit.requests == ()
        assert audit.double_spend_attempts == ()

    def test_who_consumed_it_and_who_tried(self, store: NotaryStore) -> None:
        commit(store, logged("t", "a"))
        thief = LoggedRequest(request("u", "a"), "O=Mallory, L=Paris, C=FR")
        commit(store, thief)
        audit = audit_state(store.engine, ref("a"))
        assert audit.consumed_by == tx("t")
        assert [(r.requesting_party, r.at, r.worker) for r in audit.requests] == [
            ("O=PartyA, L=London, C=GB", NOW, WORKER)
        ]
        (attempt,) = audit.double_spend_attempts
        assert (attempt.transaction_id, attempt.first_seen) == (tx("u"), NOW)
        assert [r.requesting_party for r in attempt.requests] == ["O=Mallory, L=Paris, C=FR"]
