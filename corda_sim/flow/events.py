"""What happens to a flow, and what the pure transition answers."""

import msgspec

from corda_sim.core.identity import Party
from corda_sim.flow.journal import MessageRecord, Resume
from corda_sim.flow.messages import ErrorSessionMessage, ExistingPayload
from corda_sim.flow.requests import FlowIORequest
from corda_sim.flow.state import Outgoing


class Opened(msgspec.Struct, frozen=True):
    """The flow called `initiate_flow`; nothing is sent before the session's first use."""

    session_id: int
    peer: Party
    entropy: int
    flow_class: str
    flow_version: int
    app_name: str
    time: int


class Sent(msgspec.Struct, frozen=True):
    """The flow sent a payload."""

    session_id: int
    payload: bytes


class Closed(msgspec.Struct, frozen=True):
    """The flow closed a session."""

    session_id: int


class Abandoned(msgspec.Struct, frozen=True):
    """The flow gave a session up, for another one in its place."""

    session_id: int


FlowOp = Opened | Sent | Closed | Abandoned


class Yielded(msgspec.Struct, frozen=True):
    """The coroutine suspended; `ops` is what it did to its sessions since it was resumed."""

    request: FlowIORequest
    ops: tuple[FlowOp, ...]


class Returned(msgspec.Struct, frozen=True):
    """`call()` returned."""

    ops: tuple[FlowOp, ...]


class Raised(msgspec.Struct, frozen=True):
    """`call()` raised, or the flow was killed: `error` is what the peers get."""

    error: ErrorSessionMessage
    ops: tuple[FlowOp, ...] = ()


class MessageArrived(msgspec.Struct, frozen=True):
    """A message for one of the flow's sessions; `time` (ns) is the receiver's clock."""

    session_id: int
    seq: int
    payload: ExistingPayload
    sender: Party
    time: int


class LedgerCommitted(msgspec.Struct, frozen=True):
    """The awaited transaction is recorded."""

    tx_id: bytes


class TimerFired(msgspec.Struct, frozen=True):
    """The deadline of the request made at `step` has passed."""

    step: int
    now: int


class OperationDone(msgspec.Struct, frozen=True):
    """The external operation, condition or checkpoint requested at `step` has its outcome."""

    step: int
    resume: Resume


FlowEvent = (
    Yielded | Returned | Raised | MessageArrived | LedgerCommitted | TimerFired | OperationDone
)


class Send(msgspec.Struct, frozen=True):
    """Send after the commit of the step in hand."""

    outgoing: Outgoing


class Withdraw(msgspec.Struct, frozen=True):
    """Forget a message that nobody has confirmed: the flow no longer needs it to arrive."""

    message_id: str


class Accept(msgspec.Struct, frozen=True):
    """Journal a message in the commit that precedes its acknowledgement."""

    record: MessageRecord


class Duplicate(msgspec.Struct, frozen=True):
    """The message was journaled before: acknowledge and drop it."""


class Early(msgspec.Struct, frozen=True):
    """An earlier message of the session is missing: keep this one, unacknowledged."""


class Refuse(msgspec.Struct, frozen=True):
    """The message doesn't belong to the session: acknowledge, log and drop it."""

    reason: str


class ResumeWith(msgspec.Struct, frozen=True):
    """Drive the coroutine on; `payloads` are those that a `Received` takes, in its order."""

    resume: Resume
    payloads: tuple[bytes, ...] = ()


FlowAction = Send | Withdraw | Accept | Duplicate | Early | Refuse | ResumeWith
