"""What leaves the engine once a step has committed; the node carries it out."""

from dataclasses import dataclass, field

import msgspec

from corda_sim.core.identity import Party
from corda_sim.flow.context import StagedStep
from corda_sim.flow.requests import FlowExternalOperation
from corda_sim.flow.wire_message import WireMessage


class SendEffect(msgspec.Struct, frozen=True):
    """Publish a message; `token` comes back when the receiver's side has it."""

    recipient: Party
    message: WireMessage
    token: str


class AckEffect(msgspec.Struct, frozen=True):
    """One message of this delivery is committed (or was before)."""

    delivery: object


class TimerEffect(msgspec.Struct, frozen=True):
    """Call `timer_fired(flow_id, step)` at `deadline` (ns)."""

    flow_id: str
    step: int
    deadline: int


class ExternalEffect(msgspec.Struct, frozen=True):
    """Run the operation, then call `operation_done(flow_id, step, …)`."""

    flow_id: str
    step: int
    operation: FlowExternalOperation
    deduplication_id: str


class RetryEffect(msgspec.Struct, frozen=True):
    """Call `discharge(flow_id)` after `delay` seconds."""

    flow_id: str
    delay: float


class FlowEnded(msgspec.Struct, frozen=True):
    """The flow has its outcome: `error` None and `result` its value, or the exception.

    `seconds` is the time since its start, over restarts too; an outcome that is read back has none.
    """

    flow_id: str
    result: object
    error: BaseException | None
    flow_class: str = ""
    seconds: float = 0.0


class SessionInitKept(msgspec.Struct, frozen=True):
    """Told to subscribers: a session-init waits, because of `reason`, until it may run.

    `flow kill` with its `message_id` drops it.
    """

    message_id: str
    sender: Party
    flow_class: str
    reason: str


class Notification(msgspec.Struct, frozen=True):
    """For subscribers: a vault update, a progress step, a recorded transaction."""

    flow_id: str | None
    value: object


Effect = (
    SendEffect | AckEffect | TimerEffect | ExternalEffect | RetryEffect | FlowEnded | Notification
)


@dataclass(slots=True)
class Step(StagedStep):
    """A staged step with the effects that wait for its commit."""

    effects: list[Effect] = field(default_factory=list)
