"""What recovery reads of flows: journals, outcomes, the outbox, kept session-inits, seen ids."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from corda_sim.core.crypto.crypto import generate_key_pair
from corda_sim.core.crypto.schemes import DEFAULT_SIGNATURE_SCHEME
from corda_sim.core.errors import CordaError
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.core.instants import instant
from corda_sim.core.recent import Recent
from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow import rows
from corda_sim.flow.errors import FlowException
from corda_sim.flow.journal import Begin, MessageRecord, StartRecord, StepRecord, Value
from corda_sim.flow.messages import DataSessionMessage, EndSessionMessage
from corda_sim.flow.state import FlowStatus
from corda_sim.flow.wire_message import WireMessage
from corda_sim.node import checkpoints as module
from corda_sim.node.checkpoints import CheckpointStorage
from corda_sim.node.storage.database import SqlStorage

NOW = 1_700_000_000_000_000_000
PEER = Party(
    CordaX500Name("Bob", "London", "GB"),
    generate_key_pair(DEFAULT_SIGNATURE_SCHEME, bytes(32)).public,
)
STEP = StepRecord(Begin(), (), "receive:1", b"d" * 32)


@pytest.fixture
def checkpoints(storage: SqlStorage) -> CheckpointStorage:
    return CheckpointStorage(storage)


def commit(storage: SqlStorage, *writes: Callable[[WriteBatch], None]) -> None:
    batch = WriteBatch()
    for write in writes:
        write(batch)
    assert storage.commit([batch], epoch=None) == [None]


def start(client_id: str | None = None, at: int = NOW) -> StartRecord:
    return StartRecord("test.Flow", b"arguments", b"s" * 32, at, "user", client_id)


def flow(
    storage: SqlStorage, flow_id: str, client_id: str | None = None, at: int = NOW
) -> StartRecord:
    record = start(client_id, at)
    commit(storage, lambda batch: rows.started(batch, flow_id, record, "app", rows.START_RPC))
    return record


def status(storage: SqlStorage, flow_id: str, new: FlowStatus, **more: object) -> None:
    commit(storage, lambda batch: rows.status_changed(batch, flow_id, new, **more))


def test_a_journal_comes_back_in_its_order(
    storage: SqlStorage, checkpoints: CheckpointStorage
) -> None:
    begun = flow(storage, "f")
    second = StepRecord(Value(b"v"), (), "sleep", b"e" * 32)
    late, early = (
        MessageRecord(5, seq, payload)
        for seq, payload in ((1, EndSessionMessage()), (0, DataSessionMessage(b"x")))
    )
    commit(
        storage,
        lambda batch: rows.stepped(batch, "f", 2, second),
        lambda batch: rows.stepped(batch, "f", 1, STEP),
        lambda batch: rows.message_accepted(batch, "f", late),
        lambda batch: rows.message_accepted(batch, "f", early),
    )
    found = checkpoints.load_journal("f")
    assert found is not None
    assert found.start == begun
    assert found.steps == (STEP, second)
    assert found.messages == (early, late)
    assert [one.flow_id for one in checkpoints.unfinished()] == ["f"]
    assert checkpoints.load_journal("nobody") is None


def test_what_runs_on_after_a_restart(storage: SqlStorage, checkpoints: CheckpointStorage) -> None:
    for index, name in enumerate(FlowStatus):
        flow(storage, name.name, at=NOW - index * 10**9)
        status(storage, name.name, name)
    flow(storage, "unsent", at=NOW + 10**9)
    status(storage, "unsent", FlowStatus.COMPLETED, pending_sends=True)
    found = [one.flow_id for one in checkpoints.unfinished()]
    assert found == ["PAUSED", "HOSPITALIZED", "RUNNABLE", "unsent"]


def test_a_damaged_journal_is_named(storage: SqlStorage, checkpoints: CheckpointStorage) -> None:
    flow(storage, "f")
    commit(
        storage,
        lambda batch: batch.insert(
            "node_flow_journal", {"flow_id": "f", "step": 1, "data": b"rubbish"}
        ),
    )
    journal = checkpoints.load_journal("f")
    assert journal is not None
    assert "flow f" in str(journal.unreadable)


def test_outcomes_by_client_id(storage: SqlStorage, checkpoints: CheckpointStorage) -> None:
    assert checkpoints.finished_outcome("mine") is None
    flow(storage, "f", "mine")
    assert checkpoints.flow_of_client_id("mine") == "f"
    commit(storage, lambda batch: rows.result_kept(batch, "f", (1, "two"), NOW))
    assert checkpoints.finished_outcome("mine") is None
    status(storage, "f", FlowStatus.COMPLETED)
    ended = checkpoints.finished_outcome("mine")
    assert ended is not None
    assert (ended.flow_id, ended.result, ended.error) == ("f", (1, "two"), None)


@pytest.mark.parametrize("end", [FlowStatus.FAILED, FlowStatus.KILLED])
def test_exceptions_come_back(
    storage: SqlStorage, checkpoints: CheckpointStorage, end: FlowStatus
) -> None:
    for name, error in (("typed", FlowException("no", 5)), ("other", ZeroDivisionError("zero"))):
        flow(storage, name, name)
        commit(storage, lambda batch: rows.exception_kept(batch, name, error, NOW))  # noqa: B023
        assert checkpoints.outcome(name) is None
        status(storage, name, end)
    typed, other = (checkpoints.outcome(name) for name in ("typed", "other"))
    assert typed is not None
    assert other is not None
    assert isinstance(typed.error, FlowException)
    assert str(typed.error) == "no"
    assert type(other.error) is CordaError
    assert str(other.error) == "ZeroDivisionError: zero"


def test_the_outbox_and_kept_inits_are_in_order(
    storage: SqlStorage, checkpoints: CheckpointStorage
) -> None:
    messages = [WireMessage(f"N-{n}", n == 1, bytes([n])) for n in range(3)]
    for offset, message in ((2, messages[2]), (0, messages[0]), (1, messages[1])):
        when = NOW + offset * 1_000_000
        commit(
            storage,
            lambda batch: rows.to_outbox(batch, message, PEER, when),  # noqa: B023
            lambda batch: rows.init_kept(batch, message, PEER, "draining", when),  # noqa: B023
        )
    assert [one.wire for one in checkpoints.outbox()] == messages
    assert {one.party for one in checkpoints.outbox()} == {str(PEER)}
    kept = checkpoints.kept_inits()
    assert [one.wire.message_id for one in kept] == ["N-0", "N-1", "N-2"]
    assert all(one.wire.is_init for one in kept)


def test_seen_ids_are_remembered_and_forgotten(
    storage: SqlStorage, checkpoints: CheckpointStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "_seen", Recent(2))
    for n in range(4):
        commit(storage, lambda batch: rows.init_taken(batch, f"N-{n}", PEER, NOW + n * 10**9))  # noqa: B023
    assert not checkpoints.message_seen("N-9")
    assert all(checkpoints.message_seen(f"N-{n}") for n in range(4))
    assert len(checkpoints._seen) == 2
    old = checkpoints.message_ids_before(instant(NOW) + timedelta(seconds=2), limit=10)
    assert old == ["N-0", "N-1"]
    assert checkpoints.message_ids_before(instant(NOW) + timedelta(days=1), limit=3) == [
        "N-0",
        "N-1",
        "N-2",
    ]
    commit(storage, lambda batch: rows.inits_forgotten(batch, old))
    assert not CheckpointStorage(storage).message_seen("N-0")


def init(message_id: str) -> WireMessage:
    return WireMessage(message_id, is_init=True, body=b"")


def queries(storage: SqlStorage) -> list[str]:
    """The SELECTs from now on."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, sql: str, *_: object) -> None:
        found.append(sql)

    event.listen(storage.queries, "before_cursor_execute", note)
    return found


@given(taken=st.sets(st.integers(0, 9)), asked=st.lists(st.integers(0, 9), max_size=8))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_asking_together_gives_the_answers_of_asking_one_by_one(
    storage: SqlStorage, taken: set[int], asked: list[int]
) -> None:
    commit(storage, lambda batch: batch.execute("DELETE FROM node_message_ids", {}))
    for n in taken:
        commit(storage, lambda batch: rows.init_taken(batch, f"N-{n}", PEER, NOW))  # noqa: B023
    checkpoints = CheckpointStorage(storage)
    with checkpoints.asked_together([init(f"N-{n}") for n in asked]):
        assert [n for n in range(10) if checkpoints.message_seen(f"N-{n}")] == sorted(taken)
    assert [n for n in range(10) if checkpoints.message_seen(f"N-{n}")] == sorted(taken)


def test_session_inits_asked_together_cost_one_query(
    storage: SqlStorage, checkpoints: CheckpointStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = queries(storage)
    messages = [init(f"N-{n}") for n in range(5)]
    other = WireMessage("N-other", is_init=False, body=b"")
    with checkpoints.asked_together([*messages, other]):
        assert not any(checkpoints.message_seen(one.message_id) for one in messages)
    assert len(made) == 1
    monkeypatch.setattr(module, "_TOGETHER", 2)
    with checkpoints.asked_together(messages):
        assert len(made) == 4
    with checkpoints.asked_together([other]):
        assert len(made) == 4


def test_what_was_absent_is_asked_again_after_the_block(
    storage: SqlStorage, checkpoints: CheckpointStorage
) -> None:
    with checkpoints.asked_together([init("N-0")]):
        assert not checkpoints.message_seen("N-0")
    commit(storage, lambda batch: rows.init_taken(batch, "N-0", PEER, NOW))
    assert checkpoints.message_seen("N-0")


def test_draining_is_off_unless_it_was_set(
    storage: SqlStorage, checkpoints: CheckpointStorage
) -> None:
    assert not checkpoints.is_draining()
    for value in ("true", "false"):
        row = {"property_key": module.DRAINING_PROPERTY, "property_value": value}
        commit(storage, lambda batch: batch.upsert("node_properties", ("property_key",), row))  # noqa: B023
        assert checkpoints.is_draining() is (value == "true")


def test_a_forgotten_flow_leaves_its_outcome_alone(
    storage: SqlStorage, checkpoints: CheckpointStorage
) -> None:
    for flow_id, client_id in (("kept", "mine"), ("gone", None)):
        flow(storage, flow_id, client_id)
        status(storage, flow_id, FlowStatus.COMPLETED, pending_sends=True)
    commit(
        storage,
        lambda batch: rows.result_kept(batch, "kept", 5, NOW),
        lambda batch: rows.forgotten(batch, "kept", keep_outcome=True),
        lambda batch: rows.forgotten(batch, "gone", keep_outcome=False),
    )
    assert list(checkpoints.unfinished()) == []
    ended = checkpoints.finished_outcome("mine")
    assert ended is not None
    assert ended.result == 5
