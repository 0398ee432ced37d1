"""Reading what recovery needs: journals, the outbox, kept session-inits, seen message ids."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, select

from corda_sim.core.errors import CordaError, DecodeError, IllegalStateError
from corda_sim.core.recent import Recent
from corda_sim.core.serialization import deserialize
from corda_sim.flow.effects import FlowEnded
from corda_sim.flow.errors import PLATFORM_ERRORS, FlowException
from corda_sim.flow.journal import (
    FlowJournal,
    JournalRows,
    StartRecord,
    decode_journal,
    salvage_journal,
)
from corda_sim.flow.messages import FlowExceptionData
from corda_sim.flow.state import FlowStatus
from corda_sim.flow.wire_message import WireMessage
from corda_sim.node.storage import schema
from corda_sim.node.storage.database import SqlStorage

DRAINING_PROPERTY = "flowsDrainingMode"
_SEEN_IN_MEMORY = 100_000
_TOGETHER = 500
"""Ids in one query."""
_ENDED: Final = (FlowStatus.COMPLETED, FlowStatus.FAILED, FlowStatus.KILLED)
# Asked for every message and every start: built once.
_MESSAGE_ID: Final = select(schema.node_message_ids.c.message_id).where(
    schema.node_message_ids.c.message_id == bindparam("id")
)
_MESSAGE_IDS: Final = select(schema.node_message_ids.c.message_id).where(
    schema.node_message_ids.c.message_id.in_(bindparam("ids", expanding=True))
)
_OF_CLIENT_ID: Final = select(schema.node_flow_metadata.c.flow_id).where(
    schema.node_flow_metadata.c.flow_identifier == bindparam("id")
)


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message kept in a row, with the X.500 name of its other side and why it is kept.

    `session_id`: our session that the peer had to confirm, or has to, before the message leaves.
    """

    party: str
    wire: WireMessage
    reason: str = ""
    session_id: int | None = None


class CheckpointStorage:
    """The committed state of flows (net.corda.node.services.api.CheckpointStorage)."""

    def __init__(self, storage: SqlStorage) -> None:
        self._storage = storage
        self._seen = Recent[str](_SEEN_IN_MEMORY)
        self._absent: AbstractSet[str] = frozenset()

    def load_journal(self, flow_id: str) -> FlowJournal | None:
        """One flow's journal, as far as it can be read; None when the flow isn't there."""
        checkpoints = schema.node_checkpoints.c
        found = self._storage.read(select(checkpoints.status).where(checkpoints.flow_id == flow_id))
        if not found:
            return None
        journal, messages = schema.node_flow_journal.c, schema.node_flow_messages.c
        steps = self._storage.read(
            select(journal.data).where(journal.flow_id == flow_id).order_by(journal.step)
        )
        arrived = self._storage.read(select(messages.data).where(messages.flow_id == flow_id))
        return self._journal(
            flow_id, found[0].status, [row.data for row in steps], [row.data for row in arrived]
        )

    def _journal(
        self, flow_id: str, status: int, steps: list[bytes], messages: list[bytes]
    ) -> FlowJournal:
        try:
            return decode_journal(flow_id, status, steps, messages)
        except DecodeError as error:
            rows = JournalRows(flow_id, status, steps, messages)
            return salvage_journal(rows, self._known_start(flow_id), error)

    def _known_start(self, flow_id: str) -> StartRecord:
        """What the metadata tells of a flow whose start can't be read."""
        table = schema.node_flow_metadata
        found = self._storage.read(select(table).where(table.c.flow_id == flow_id))
        if not found:
            return StartRecord("unknown", b"", b"", 0, "unknown")
        row = found[0]
        return StartRecord(row.flow_name, b"", b"", 0, row.started_by, row.flow_identifier)

    def flow_of_client_id(self, client_id: str) -> str | None:
        """The flow that was started with a client id; it is known as long as its outcome is."""
        found = self._storage.read(_OF_CLIENT_ID, {"id": client_id})
        return found[0].flow_id if found else None

    def started_by(self, flow_id: str) -> str | None:
        """Who started a flow; known as long as its client id is."""
        table = schema.node_flow_metadata.c
        found = self._storage.read(select(table.started_by).where(table.flow_id == flow_id))
        return found[0].started_by if found else None

    def outcome(self, flow_id: str) -> FlowEnded | None:
        """The outcome of a finished flow that had a client id; None of any other.

        Where the outcome was lost from the database, that is an IllegalStateError in its place.
        """
        points, metadata = schema.node_checkpoints.c, schema.node_flow_metadata
        ended = self._storage.read(
            select(points.status)
            .join(metadata, metadata.c.flow_id == points.flow_id)
            .where(points.flow_id == flow_id, points.status.in_(_ENDED))
            .where(metadata.c.flow_identifier.is_not(None))
        )
        return self._kept_outcome(flow_id) if ended else None

    def _kept_outcome(self, flow_id: str) -> FlowEnded:
        results, errors = schema.node_flow_results.c, schema.node_flow_exceptions.c
        found = self._storage.read(select(results.result_value).where(results.flow_id == flow_id))
        if found:
            return FlowEnded(flow_id, deserialize(found[0].result_value, object), None)
        failed = self._storage.read(
            select(errors.type, errors.exception_message, errors.exception_value).where(
                errors.flow_id == flow_id
            )
        )
        lost = IllegalStateError(f"The outcome of flow {flow_id} is missing from the database")
        return FlowEnded(flow_id, None, _error(failed[0]) if failed else lost)

    def finished_client_ids(self, started_by: str | None = None) -> dict[str, bool]:
        """Client ids of finished flows, of one user's or all: whether the flow completed.

        Source: finishedFlowsWithClientIds.
        """
        points, metadata = schema.node_checkpoints.c, schema.node_flow_metadata.c
        query = (
            select(metadata.flow_identifier, points.status)
            .join(schema.node_checkpoints, points.flow_id == metadata.flow_id)
            .where(metadata.flow_identifier.is_not(None), points.status.in_(_ENDED))
            .order_by(metadata.flow_identifier)
        )
        if started_by is not None:
            query = query.where(metadata.started_by == started_by)
        found = self._storage.read(query)
        return {row.flow_identifier: row.status == FlowStatus.COMPLETED for row in found}

    def finished_outcome(self, client_id: str) -> FlowEnded | None:
        """What became of the flow with that client id; None when it runs or is unknown."""
        flow_id = self.flow_of_client_id(client_id)
        return None if flow_id is None else self.outcome(flow_id)

    def message_ids_before(self, before: datetime, limit: int) -> list[str]:
        """The oldest session-inits taken before then, at most `limit`; never one that is kept."""
        table, kept = schema.node_message_ids.c, schema.node_session_inits.c
        found = self._storage.read(
            select(table.message_id)
            .where(table.insertion_time < before, table.message_id.not_in(select(kept.message_id)))
            .order_by(table.insertion_time)
            .limit(limit)
        )
        return [row.message_id for row in found]

    def unfinished(self) -> Iterator[FlowJournal]:
        """The journals of all flows that run on after a restart, oldest first.

        One that can't be read says so in its `unreadable`, so that the others go on.
        """
        checkpoints = schema.node_checkpoints.c
        status = checkpoints.status
        runs = status.in_((FlowStatus.RUNNABLE, FlowStatus.HOSPITALIZED, FlowStatus.PAUSED))
        flows = self._storage.read(
            select(checkpoints.flow_id, status)
            .where(runs | ((status == FlowStatus.COMPLETED) & checkpoints.pending_sends))
            .order_by(checkpoints.timestamp)
        )
        steps, messages = self._rows_by_flow()
        for row in flows:
            flow_id = row.flow_id
            yield self._journal(flow_id, row.status, steps[flow_id], messages[flow_id])

    def _rows_by_flow(self) -> tuple[dict[str, list[bytes]], dict[str, list[bytes]]]:
        journal, messages = schema.node_flow_journal.c, schema.node_flow_messages.c
        steps: dict[str, list[bytes]] = defaultdict(list)
        arrived: dict[str, list[bytes]] = defaultdict(list)
        ordered = select(journal.flow_id, journal.data).order_by(journal.flow_id, journal.step)
        for row in self._storage.stream(ordered):
            steps[row.flow_id].append(row.data)
        for row in self._storage.stream(select(messages.flow_id, messages.data)):
            arrived[row.flow_id].append(row.data)
        return steps, arrived

    def outbox(self) -> list[StoredMessage]:
        """Messages of no flow that aren't confirmed yet, oldest first."""
        table = schema.node_outbox.c
        found = self._storage.read(select(schema.node_outbox).order_by(table.insertion_time))
        return [
            StoredMessage(
                row.recipient,
                WireMessage(row.message_id, bool(row.data[0]), row.data[1:]),
                session_id=row.session_id,
            )
            for row in found
        ]

    def kept_inits(self) -> list[StoredMessage]:
        """Session-inits that wait for the end of draining or for their CorDapp, oldest first."""
        table = schema.node_session_inits.c
        found = self._storage.read(
            select(table.message_id, table.sender, table.data, table.reason).order_by(
                table.insertion_time
            )
        )
        return [
            StoredMessage(
                row.sender, WireMessage(row.message_id, is_init=True, body=row.data), row.reason
            )
            for row in found
        ]

    def is_draining(self) -> bool:
        """Whether the node was told to take no new flows."""
        table = schema.node_properties.c
        found = self._storage.read(
            select(table.property_value).where(table.property_key == DRAINING_PROPERTY)
        )
        return bool(found) and found[0].property_value == "true"

    @contextmanager
    def asked_together(self, messages: Iterable[WireMessage]) -> Iterator[None]:
        """Within the block `message_seen` answers for the session-inits of `messages`.

        Few queries serve them all, made now: whoever opens the block closes it before any step
        that was staged meanwhile, or before, is told that it is committed.
        """
        asked = {one.message_id for one in messages if one.is_init}
        ids = sorted(self._unseen(asked))
        for at in range(0, len(ids), _TOGETHER):
            for row in self._storage.read(_MESSAGE_IDS, {"ids": ids[at : at + _TOGETHER]}):
                self._seen.add(row.message_id)
        self._absent = self._unseen(ids)
        try:
            yield
        finally:
            self._absent = frozenset()

    def message_seen(self, message_id: str) -> bool:
        """Whether the session-init was taken before, by this process or a former one."""
        if message_id in self._seen:
            return True
        if message_id in self._absent:
            return False
        seen = bool(self._storage.read(_MESSAGE_ID, {"id": message_id}))
        if seen:
            self._seen.add(message_id)
        return seen

    def _unseen(self, message_ids: Iterable[str]) -> AbstractSet[str]:
        return {one for one in message_ids if one not in self._seen}


def _error(row: Row[Any]) -> CordaError:
    if row.exception_value is None:
        known = PLATFORM_ERRORS.get(row.type)
        if known is not None:
            return known(row.exception_message)
        return CordaError(f"{row.type}: {row.exception_message}")
    parts = deserialize(row.exception_value, tuple[str, str, bytes | None])
    return FlowException.from_wire(FlowExceptionData(*parts))
