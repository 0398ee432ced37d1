"""The rows that the engine itself writes, with Corda's table names."""

from collections.abc import Iterable

from corda_sim.core.crypto.signatures import PLATFORM_VERSION
from corda_sim.core.identity import Party
from corda_sim.core.instants import instant
from corda_sim.core.serialization import serialize
from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow.errors import FlowException
from corda_sim.flow.journal import MessageRecord, StartRecord, StepRecord, encode
from corda_sim.flow.state import FlowStatus
from corda_sim.flow.wire_message import WireMessage

START_RPC, START_SESSION, START_SERVICE = 0, 1, 2


def started(
    batch: WriteBatch, flow_id: str, start: StartRecord, app_name: str, started_type: int
) -> None:
    """A new flow."""
    when = instant(start.start_time)
    batch.insert("node_flow_journal", {"flow_id": flow_id, "step": 0, "data": encode(start)})
    batch.insert(
        "node_checkpoints",
        {
            "flow_id": flow_id,
            "status": int(FlowStatus.RUNNABLE),
            "compatible": True,
            "pending_sends": False,
            "timestamp": when,
        },
    )
    batch.insert(
        "node_flow_metadata",
        {
            "flow_id": flow_id,
            "invocation_id": flow_id,
            "flow_name": start.flow_class,
            "flow_identifier": start.client_id,
            "started_type": started_type,
            "flow_parameters": start.arguments,
            "cordapp_name": app_name,
            "platform_version": PLATFORM_VERSION,
            "started_by": start.started_by,
            "invocation_time": when,
            "start_time": when,
        },
    )


def init_taken(batch: WriteBatch, message_id: str, sender: Party, now: int) -> None:
    """The de-duplication fact of a session-init; it outlives the flow."""
    row = {"message_id": message_id, "insertion_time": instant(now), "sender": str(sender)}
    batch.insert_ignore("node_message_ids", row)


def inits_forgotten(batch: WriteBatch, message_ids: Iterable[str]) -> None:
    """De-duplication facts older than the retention: inits of that age are refused unseen."""
    for message_id in message_ids:
        batch.delete("node_message_ids", {"message_id": message_id})


def init_kept(batch: WriteBatch, wire: WireMessage, sender: Party, reason: str, now: int) -> None:
    """A session-init under observation, or held while the node drains."""
    batch.insert_ignore(
        "node_session_inits",
        {
            "message_id": wire.message_id,
            "sender": str(sender),
            "data": wire.body,
            "reason": reason,
            "insertion_time": instant(now),
        },
    )


def init_dropped(batch: WriteBatch, message_id: str) -> None:
    """A kept session-init that runs now, or is rejected."""
    batch.delete("node_session_inits", {"message_id": message_id})


def stepped(batch: WriteBatch, flow_id: str, number: int, record: StepRecord) -> None:
    """One more step."""
    row = {"flow_id": flow_id, "step": number, "data": encode(record)}
    batch.insert("node_flow_journal", row)


def message_accepted(batch: WriteBatch, flow_id: str, record: MessageRecord) -> None:
    """One more message of a session."""
    batch.insert(
        "node_flow_messages",
        {
            "session_id": record.session_id,
            "flow_id": flow_id,
            "seq": record.seq,
            "data": encode(record),
        },
    )


def status_changed(batch: WriteBatch, flow_id: str, status: FlowStatus, **more: object) -> None:
    """Another status."""
    changes = {"status": int(status), **more}
    batch.update("node_checkpoints", {"flow_id": flow_id}, changes)


def result_kept(batch: WriteBatch, flow_id: str, result: object, now: int) -> None:
    """The result of a flow that was started with a client id."""
    row = {"flow_id": flow_id, "result_value": serialize(result), "timestamp": instant(now)}
    batch.upsert("node_flow_results", ("flow_id",), row)


def exception_kept(batch: WriteBatch, flow_id: str, error: BaseException, now: int) -> None:
    """Why a flow failed or is in the hospital."""
    value = None
    if isinstance(error, FlowException):
        data = error.to_wire()
        value = serialize((data.name, data.message, data.payload))
    batch.upsert(
        "node_flow_exceptions",
        ("flow_id",),
        {
            "flow_id": flow_id,
            "type": type(error).__name__,
            "exception_message": str(error)[:4000],
            "stack_trace": "",
            "exception_value": value,
            "timestamp": instant(now),
        },
    )


def exception_cleared(batch: WriteBatch, flow_id: str) -> None:
    """The flow runs again."""
    batch.delete("node_flow_exceptions", {"flow_id": flow_id})


def client_id_removed(batch: WriteBatch, flow_id: str, start: StartRecord | None) -> None:
    """The outcome of a finished flow is no longer kept; with its `start` its journal still is."""
    key = {"flow_id": flow_id}
    for table in ("node_flow_results", "node_flow_exceptions"):
        batch.delete(table, key)
    if start is None:
        batch.delete("node_checkpoints", key)
        batch.delete("node_flow_metadata", key)
    else:
        batch.update("node_flow_metadata", key, {"flow_identifier": start.client_id})
        batch.update("node_flow_journal", {**key, "step": 0}, {"data": encode(start)})


def forgotten(
    batch: WriteBatch, flow_id: str, *, keep_outcome: bool, had_messages: bool = True
) -> None:
    """A finished flow whose last messages are confirmed."""
    key = {"flow_id": flow_id}
    batch.delete("node_flow_journal", key)
    if had_messages:
        batch.delete("node_flow_messages", key)
    if keep_outcome:
        batch.update("node_checkpoints", key, {"pending_sends": False})
    else:
        for table in ("node_checkpoints", "node_flow_metadata"):
            batch.delete(table, key)


def to_outbox(
    batch: WriteBatch,
    wire: WireMessage,
    recipient: Party,
    now: int,
    session_id: int | None = None,
) -> None:
    """A message that belongs to no flow, kept until it is confirmed.

    With our `session_id` it may not leave before the peer has confirmed that session.
    """
    batch.insert_ignore(
        "node_outbox",
        {
            "message_id": wire.message_id,
            "recipient": str(recipient),
            "data": _outbox_data(wire),
            "insertion_time": instant(now),
            "session_id": session_id,
        },
    )


def outbox_addressed(batch: WriteBatch, wire: WireMessage, recipient: Party) -> None:
    """The peer has confirmed the session that the message waited for."""
    changes = {"recipient": str(recipient), "data": _outbox_data(wire)}
    batch.update("node_outbox", {"message_id": wire.message_id}, changes)


def _outbox_data(wire: WireMessage) -> bytes:
    return bytes((wire.is_init,)) + wire.body


def from_outbox(batch: WriteBatch, message_id: str) -> None:
    """The message is confirmed."""
    batch.delete("node_outbox", {"message_id": message_id})
