"""The queue of steps that wait for the committer, and the effects that wait for none."""

from typing import Any

from corda_sim.flow.effects import Effect, SendEffect, Step
from corda_sim.flow.live import LiveFlow
from corda_sim.flow.messages import encode
from corda_sim.flow.state import Outgoing


class StepQueue:
    """Collects what is to be committed together; a flow has at most one step in the making."""

    def __init__(self) -> None:
        self.flows: dict[str, LiveFlow] = {}
        self._queue: list[Step] = []
        self._shared: Step | None = None
        self._immediate: list[Effect] = []
        self._sent_by: dict[str, str] = {}

    def shared_step(self) -> Step:
        """The step of rows that belong to no flow's progress: starts, arrivals, housekeeping."""
        if self._shared is None:
            self._shared = Step(None)
            self._queue.insert(0, self._shared)
        return self._shared

    def step_of(self, flow: LiveFlow) -> Step:
        """The flow's step in the making."""
        if flow.pending is None:
            flow.pending = Step(flow.flow_id)
            self._queue.append(flow.pending)
        return flow.pending

    def take_steps(self) -> list[Step]:
        """Everything that waits to be committed; one transaction is to take it all."""
        steps, self._queue, self._shared = self._queue, [], None
        for step in steps:
            if step.flow_id is not None:
                flow = self.flows[step.flow_id]
                flow.in_flight, flow.pending = step, None
        return steps

    def take_effects(self) -> list[Effect]:
        """Effects that wait for no commit: progress, duplicates' acknowledgements."""
        effects, self._immediate = self._immediate, []
        return effects

    @property
    def has_steps(self) -> bool:
        """Whether something waits to be committed."""
        return bool(self._queue)

    def send(self, flow: LiveFlow, outgoing: Outgoing) -> None:
        """Stage a message of the flow; it counts as unconfirmed until its receiver has it."""
        wire = encode(outgoing.message_id, outgoing.message)
        flow.unconfirmed[wire.message_id] = (outgoing.recipient, wire)
        self._sent_by[wire.message_id] = flow.flow_id
        effect = SendEffect(outgoing.recipient, wire, wire.message_id)
        self.step_of(flow).effects.append(effect)

    def withdraw(self, flow: LiveFlow, message_id: str) -> None:
        """Don't wait for a message's confirmation, nor send it again."""
        flow.unconfirmed.pop(message_id, None)
        self._sent_by.pop(message_id, None)

    def unsend(self, flow: LiveFlow, step: Step) -> None:
        """The messages of a step that is undone never leave."""
        for effect in step.effects:
            if isinstance(effect, SendEffect):
                self.withdraw(flow, effect.token)

    def discard_pending(self, flow: LiveFlow) -> None:
        """Undo the flow's step in the making."""
        step, flow.pending = flow.pending, None
        if step is None:
            return
        for undo in reversed(step.on_rollback):
            undo()
        self._queue = [queued for queued in self._queue if queued is not step]
        self.unsend(flow, step)


class Mark:
    """A place in a step to which a crashed flow's rows and reservations are rolled back."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._sizes = tuple(len(part) for part in self._parts())

    def _parts(self) -> tuple[list[Any], ...]:
        step = self._step
        return step.batch.ops, step.effects, step.notifications, step.on_commit, step.on_rollback

    def rollback(self) -> None:
        """Undo what was staged since."""
        for undo in reversed(self._step.on_rollback[self._sizes[-1] :]):
            undo()
        for part, size in zip(self._parts(), self._sizes, strict=True):
            del part[size:]
