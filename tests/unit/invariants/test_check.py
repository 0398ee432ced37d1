"""Each invariant: a violation planted into a copy of a sound network is found, and named."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.flow.journal import (
    MessageRecord,
    SessionOrigin,
    StartRecord,
    StepRecord,
    Value,
    encode,
)
from corda_sim.flow.messages import ConfirmSessionMessage, EndSessionMessage, FlowInfo
from corda_sim.flow.state import FlowStatus
from corda_sim.invariants import NodeDatabase, Violation, ViolationKind, check_network
from corda_sim.testing.mock_network import MockNetwork
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow

A, B, NOTARY = "PartyA", "PartyB", "Notary"
WHEN = "2026-01-01 00:00:00.000000"
Kind = ViolationKind


@dataclass
class Copy:
    """The databases of a network at rest, to be damaged."""

    directory: Path
    names: dict[str, str]

    def run(self, node: str, sql: str, *values: object) -> int:
        with closing(sqlite3.connect(self.directory / node / "node.sqlite")) as connection:
            changed = connection.execute(sql, values).rowcount
            connection.commit()
        return changed

    def kinds(self) -> set[tuple[Kind, str]]:
        return {(violation.kind, violation.node) for violation in self.check()}

    def check(self) -> list[Violation]:
        found = []
        for name, legal_name in self.names.items():
            url = f"sqlite:///{self.directory / name / 'node.sqlite'}"
            notary_url = url if name == NOTARY else None
            found.append(NodeDatabase(name, legal_name, url, notary_url))
        return check_network(found)

    def add_flow(
        self, node: str, flow_id: str, status: FlowStatus, start: StartRecord, *steps: StepRecord
    ) -> None:
        values = (flow_id, int(status), WHEN)
        self.run(node, "INSERT INTO node_checkpoints VALUES (?, ?, 1, NULL, NULL, 0, ?)", *values)
        for number, data in enumerate([encode(start), *map(encode, steps)]):
            row = (flow_id, number, data)
            self.run(node, "INSERT INTO node_flow_journal VALUES (?, ?, ?)", *row)

    def add_message(self, node: str, flow_id: str, record: MessageRecord) -> None:
        row = (record.session_id, flow_id, record.seq, encode(record))
        self.run(node, "INSERT INTO node_flow_messages VALUES (?, ?, ?, ?)", *row)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """PartyA issued 100 JPY and paid PartyB twice, under client ids."""
    directory = tmp_path_factory.mktemp("sound")
    with MockNetwork(directory=directory) as network:
        party_a, party_b = network[A], network[B]
        party_a.run_flow(CashIssueFlow(Amount.parse("100 JPY")))
        for client_id in ("first", "second"):
            flow = CashPaymentFlow(Amount.parse("10 JPY"), recipient=party_b.party)
            party_a.start_flow(flow, client_id)
            network.run_network()
        names = {name: str(node.party.name) for name, node in network.nodes.items()}
    return Copy(directory, names)


@pytest.fixture
def copy(sound: Copy, tmp_path: Path) -> Copy:
    shutil.copytree(sound.directory, tmp_path / "copy")
    return Copy(tmp_path / "copy", sound.names)


NEWEST = "(SELECT tx_id FROM node_transactions ORDER BY timestamp DESC, rowid DESC LIMIT 1)"
OLDEST = "(SELECT tx_id FROM node_transactions ORDER BY timestamp, rowid LIMIT 1)"
FLOW = "(SELECT flow_id FROM node_flow_metadata WHERE flow_identifier = 'first')"


def test_a_sound_network_has_no_violations(copy: Copy) -> None:
    assert copy.check() == []


OTHER_ID, OTHER_HEAD = "AB" * 32, "CD" * 32
PLANTED = {
    "double spend": (
        NOTARY,
        f"UPDATE notary_committed_states SET consuming_transaction_id = '{OTHER_ID}'",
        {(Kind.DOUBLE_SPEND, "network"), (Kind.LOST_TRANSACTION, "network")},
    ),
    "input unknown to the notary": (
        NOTARY,
        "DELETE FROM notary_committed_states WHERE rowid = 1",
        {(Kind.NOT_NOTARISED, name) for name in (A, B, NOTARY)},
    ),
    "transaction unknown to the notary": (
        NOTARY,
        "DELETE FROM notary_committed_transactions WHERE rowid = 1",
        {(Kind.NOT_NOTARISED, name) for name in (A, B, NOTARY)},
    ),
    "payment lost by its payee": (
        B,
        f"DELETE FROM node_transactions WHERE tx_id = {NEWEST}",
        {(Kind.NOT_SHARED, B), (Kind.VAULT_MISMATCH, B)},
    ),
    "issue lost by the payee": (
        B,
        f"DELETE FROM node_transactions WHERE tx_id = {OLDEST}",
        {(Kind.MISSING_DEPENDENCY, B)},
    ),
    "unreadable transactions": (
        B,
        "UPDATE node_transactions SET transaction_value = x'00'",
        {(Kind.DAMAGED_TRANSACTION, B), (Kind.NOT_SHARED, B), (Kind.VAULT_MISMATCH, B)},
    ),
    "one transaction in another's place": (
        B,
        f"UPDATE node_transactions SET tx_id = '{OTHER_ID}' WHERE tx_id = {OLDEST}",
        {(Kind.DAMAGED_TRANSACTION, B)},
    ),
    "forged head": (
        NOTARY,
        f"UPDATE notary_batches SET head = '{OTHER_HEAD}'",
        {(Kind.BROKEN_CHAIN, NOTARY), (Kind.ROLLED_BACK, A)},
    ),
    "batch taken out of the chain": (
        NOTARY,
        "DELETE FROM notary_batches WHERE sequence = 1",
        {(Kind.BROKEN_CHAIN, NOTARY)},
    ),
    "notary set back by a batch": (
        NOTARY,
        "DELETE FROM notary_batches WHERE sequence > 1",
        {(Kind.ROLLED_BACK, A)},
    ),
    "coin consumed by nobody": (
        B,
        "UPDATE vault_states SET state_status = 1",
        {(Kind.VAULT_MISMATCH, B), (Kind.VALUE_NOT_CONSERVED, "network")},
    ),
    "coin missing in the vault": (
        B,
        "DELETE FROM vault_states WHERE rowid = 1",
        {(Kind.VAULT_MISMATCH, B), (Kind.VALUE_NOT_CONSERVED, "network")},
    ),
    "spent coin kept": (
        A,
        "UPDATE vault_states SET state_status = 0 WHERE state_status = 1",
        {(Kind.VAULT_MISMATCH, A), (Kind.VALUE_NOT_CONSERVED, "network")},
    ),
    "coin of another worth": (
        B,
        "UPDATE vault_fungible_states SET quantity = 11",
        {(Kind.VAULT_MISMATCH, B)},
    ),
    "soft lock of a dead flow": (
        A,
        "UPDATE vault_states SET lock_id = 'gone' WHERE state_status = 0",
        {(Kind.ORPHAN_LOCK, A)},
    ),
    "flow that still runs": (
        A,
        f"UPDATE node_checkpoints SET status = 0 WHERE flow_id = {FLOW}",
        {(Kind.LOST_FLOW, A), (Kind.AMBIGUOUS_OUTCOME, A), (Kind.BROKEN_JOURNAL, A)},
    ),
    "flow without checkpoint": (
        A,
        f"DELETE FROM node_checkpoints WHERE flow_id = {FLOW}",
        {(Kind.LOST_FLOW, A)},
    ),
    "flow without outcome": (
        A,
        f"DELETE FROM node_flow_results WHERE flow_id = {FLOW}",
        {(Kind.AMBIGUOUS_OUTCOME, A)},
    ),
    "two flows of one client id": (
        A,
        "UPDATE node_flow_metadata SET flow_identifier = 'first' WHERE flow_identifier = 'second'",
        {(Kind.AMBIGUOUS_OUTCOME, A)},
    ),
    "message in the outbox": (
        A,
        f"INSERT INTO node_outbox VALUES ('m', 'PartyB', x'00', '{WHEN}', NULL)",
        {(Kind.UNSENT_MESSAGE, A)},
    ),
    "ended flow with a journal": (
        A,
        f"INSERT INTO node_flow_journal VALUES ({FLOW}, 0, x'00')",
        {(Kind.UNSENT_MESSAGE, A)},
    ),
    "commit of a fenced process": (
        A,
        "INSERT INTO node_commit_log (epoch) VALUES (1), (2), (1), (2)",
        {(Kind.FENCED_COMMIT, A)},
    ),
    "journal of no flow": (
        A,
        "INSERT INTO node_flow_journal VALUES ('x', 0, x'00')",
        {(Kind.BROKEN_JOURNAL, A)},
    ),
}


@pytest.mark.parametrize(("node", "sql", "expected"), list(PLANTED.values()), ids=list(PLANTED))
def test_a_planted_violation_is_found(
    copy: Copy, node: str, sql: str, expected: set[tuple[Kind, str]]
) -> None:
    assert copy.run(node, sql) > 0
    assert copy.kinds() == expected


def test_a_transaction_that_all_have_lost(copy: Copy) -> None:
    for node in (A, B):
        assert copy.run(node, f"DELETE FROM node_transactions WHERE tx_id = {NEWEST}") == 1
    assert (Kind.LOST_TRANSACTION, "network") in copy.kinds()


@pytest.mark.parametrize(("lease", "kinds"), [(2, set()), (1, {(Kind.FENCED_COMMIT, A)})])
def test_a_commit_is_made_under_an_epoch_that_was_held(
    copy: Copy, lease: int, kinds: set[tuple[Kind, str]]
) -> None:
    row = ("1", "here", 1, WHEN, lease, "boot", 1, 1.0, "tag", False)
    copy.run(A, f"INSERT INTO node_mutual_exclusion VALUES ({', '.join('?' * 10)})", *row)
    copy.run(A, "INSERT INTO node_commit_log (epoch) VALUES (1), (1), (2)")
    assert copy.kinds() == kinds


START = StartRecord("corda_sim.cash.CashPaymentFlow", b"", bytes(32), 0, "tester")
OPENS_7 = StepRecord(Value(b""), (), "receive", bytes(32), (7,))
CONFIRM = ConfirmSessionMessage(70, FlowInfo(1, "app"))


@pytest.mark.parametrize(
    ("cause", "kind"), [(None, Kind.LOST_FLOW), ("FlowReplayError", Kind.NOT_DETERMINISTIC)]
)
def test_a_flow_in_the_hospital_has_a_cause_that_is_no_replay(
    copy: Copy, cause: str | None, kind: Kind
) -> None:
    copy.add_flow(A, "ill", FlowStatus.HOSPITALIZED, START)
    if cause is not None:
        row = ("ill", cause, WHEN)
        sql = "INSERT INTO node_flow_exceptions VALUES (?, ?, NULL, '', NULL, ?)"
        copy.run(A, sql, *row)
    assert copy.kinds() == {(kind, A)}


def test_a_flow_in_the_hospital_with_its_cause_is_no_violation(copy: Copy) -> None:
    copy.add_flow(A, "ill", FlowStatus.HOSPITALIZED, START)
    sql = "INSERT INTO node_flow_exceptions VALUES ('ill', 'HashNotFound', NULL, '', NULL, ?)"
    copy.run(A, sql, WHEN)
    assert copy.check() == []


def test_a_failed_flow_keeps_no_journal(copy: Copy) -> None:
    copy.add_flow(A, "dead", FlowStatus.FAILED, START)
    assert copy.kinds() == {(Kind.BROKEN_JOURNAL, A)}


@pytest.mark.parametrize("damage", ["step = 2 WHERE step = 1", "data = x'00' WHERE step = 1"])
def test_a_journal_has_no_gaps_and_can_be_read(copy: Copy, damage: str) -> None:
    copy.add_flow(A, "paused", FlowStatus.PAUSED, START, OPENS_7)
    assert copy.check() == []
    copy.run(A, f"UPDATE node_flow_journal SET {damage}")
    assert copy.kinds() == {(Kind.BROKEN_JOURNAL, A)}


def test_a_message_applied_twice(copy: Copy) -> None:
    for flow_id in ("one", "two"):
        copy.add_flow(A, flow_id, FlowStatus.PAUSED, START, OPENS_7)
        copy.add_message(A, flow_id, MessageRecord(7, 0, EndSessionMessage()))
    assert copy.kinds() == {(Kind.DUPLICATE_MESSAGE, A)}


def test_a_message_that_is_missing_between_others(copy: Copy) -> None:
    copy.add_flow(A, "paused", FlowStatus.PAUSED, START, OPENS_7)
    for seq in (0, 2):
        copy.add_message(A, "paused", MessageRecord(7, seq, EndSessionMessage()))
    assert copy.kinds() == {(Kind.BROKEN_JOURNAL, A)}


Plant = Callable[[Copy], None]


def initiator(copy: Copy) -> None:
    copy.add_flow(A, "initiator", FlowStatus.PAUSED, START, OPENS_7)
    copy.add_message(A, "initiator", MessageRecord(7, 0, CONFIRM))


def responder(copy: Copy) -> None:
    origin = SessionOrigin("m", 70, copy.names[A], b"", 7, 0, 1, "app", None)
    start = StartRecord("corda_sim.Responder", b"", bytes(32), 0, "peer", None, origin)
    copy.add_flow(B, "responder", FlowStatus.PAUSED, start)


def initiator_was_told(copy: Copy) -> None:
    initiator(copy)
    copy.add_message(A, "initiator", MessageRecord(7, 1, EndSessionMessage()))


def responder_was_told(copy: Copy) -> None:
    responder(copy)
    copy.add_message(B, "responder", MessageRecord(70, 0, EndSessionMessage()))


@pytest.mark.parametrize(
    ("plants", "orphans"),
    [
        ((initiator, responder), set()),
        ((initiator_was_told,), set()),
        ((responder_was_told,), set()),
        ((initiator,), {(Kind.ORPHAN_SESSION, A)}),
        ((responder,), {(Kind.ORPHAN_SESSION, B)}),
    ],
)
def test_both_ends_of_a_session_agree(
    copy: Copy, plants: tuple[Plant, ...], orphans: set[tuple[Kind, str]]
) -> None:
    for plant in plants:
        plant(copy)
    assert copy.kinds() == orphans


def test_a_violation_says_where_and_what(copy: Copy) -> None:
    copy.run(A, "INSERT INTO node_outbox VALUES ('m-1', 'PartyB', x'00', ?, NULL)", WHEN)
    assert [str(one) for one in copy.check()] == ["unsent_message at PartyA: m-1 is in the outbox"]
