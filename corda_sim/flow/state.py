"""The state of a flow and of its sessions: immutable values that `transitions` maps to new ones."""

from collections.abc import Mapping
from enum import IntEnum

import msgspec

from corda_sim.core.identity import Party
from corda_sim.flow.messages import (
    ErrorSessionMessage,
    ExistingPayload,
    FlowInfo,
    RejectSessionMessage,
    SessionMessage,
)
from corda_sim.flow.requests import FlowIORequest


class FlowStatus(IntEnum):
    """Corda's Checkpoint.FlowStatus, stored by ordinal."""

    RUNNABLE = 0
    FAILED = 1
    COMPLETED = 2
    HOSPITALIZED = 3
    KILLED = 4
    PAUSED = 5


class SessionStatus(IntEnum):
    """How far a session is open (SessionState.Uninitiated, Initiating, Initiated)."""

    UNINITIATED = 0
    INITIATING = 1
    INITIATED = 2


class Buffered(msgspec.Struct, frozen=True):
    """A message that waits for the peer's session id."""

    message_id: str
    seq: int
    payload: ExistingPayload


class SessionState(msgspec.Struct, frozen=True):
    """One session as one side sees it; `opener_id` and `entropy` are the initiator's."""

    session_id: int
    role: str
    peer: Party
    opener_id: int
    entropy: int
    status: SessionStatus
    flow_class: str = ""
    flow_version: int = 1
    app_name: str = ""
    init_time: int = 0
    init_entropy: int = 0
    init_id: str = ""
    first_payload: bytes | None = None
    generation: int = 0
    peer_session_id: int | None = None
    peer_info: FlowInfo | None = None
    send_seq: int = 0
    receive_seq: int = 0
    inbox: tuple[bytes, ...] = ()
    buffered: tuple[Buffered, ...] = ()
    failure: ErrorSessionMessage | RejectSessionMessage | None = None
    ended: bool = False
    closed: bool = False
    abandoned: bool = False


class FlowState(msgspec.Struct, frozen=True):
    """A flow between two events; `step` counts suspensions, `sent` the messages of this step."""

    flow_id: str
    sessions: Mapping[int, SessionState]
    step: int = 0
    sent: int = 0
    waiting: FlowIORequest | None = None

    def with_session(self, session: SessionState) -> "FlowState":
        """This state with `session` put in its place."""
        return msgspec.structs.replace(
            self, sessions={**self.sessions, session.session_id: session}
        )


class Outgoing(msgspec.Struct, frozen=True):
    """A message to be sent after the commit of the step that carries it."""

    recipient: Party
    message_id: str
    message: SessionMessage
