"""What the engine keeps for one run of a flow's code: inputs, rows to write, session operations."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from corda_sim.core.errors import CordaError
from corda_sim.core.identity import Party
from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow.errors import FlowReplayError, keep_error, restore_error
from corda_sim.flow.events import FlowOp, Opened, Sent
from corda_sim.flow.journal import Input
from corda_sim.flow.messages import FlowInfo
from corda_sim.flow.progress import Progress, ProgressTracker
from corda_sim.flow.settings import LARGE_TRANSACTION, FlowTimeout

FAILED = "!"
"""Marks the input of an answer that was an exception: a replay raises it again."""


@dataclass(slots=True)
class StagedStep:
    """All that one step wants to happen, together or not at all.

    `notifications` go to subscribers after the commit; `on_rollback` undoes reservations made in
    memory when the step doesn't commit, `on_commit` makes them last.
    """

    flow_id: str | None
    batch: WriteBatch = field(default_factory=WriteBatch)
    notifications: list[object] = field(default_factory=list)
    on_commit: list[Callable[[], None]] = field(default_factory=list)
    on_rollback: list[Callable[[], None]] = field(default_factory=list)


def session_of_seed(seed: bytes, number: int) -> tuple[int, int]:
    """Id and entropy of the flow's `number`-th session."""
    drawn = sha256(seed + b"session" + number.to_bytes(8, "big")).digest()
    return int.from_bytes(drawn[:8], "big") >> 1, int.from_bytes(drawn[8:16], "big") >> 1


class FlowContext:
    """Ties a flow's code to its journal. One for each life of a coroutine."""

    def __init__(
        self, flow_id: str, seed: bytes, our_identity: Party, max_message_size: int
    ) -> None:
        self.flow_id = flow_id
        self.our_identity = our_identity
        self.max_message_size = max_message_size
        self.staged = StagedStep(flow_id)
        self.step = 0
        self.progress = ProgressTracker()
        self.confirmed: dict[int, FlowInfo] = {}
        self.at_stake: BaseException | None = None
        self.deadline: int | None = None
        self.timeouts = FlowTimeout()
        self.large_transaction = LARGE_TRANSACTION
        self.is_committing: Callable[[], bool] = lambda: False
        self.is_killed: Callable[[], bool] = lambda: False
        self.on_progress: Callable[[Progress], None] = lambda _progress: None
        self.on_send: Callable[[], None] = lambda: None
        self._seed = seed
        self._drawn = 0
        self._sessions: list[int] = []
        self._ops: list[FlowOp] = []
        self._inputs: list[Input] = []
        self._replayed: deque[Input] | None = None
        self._mismatch: FlowReplayError | None = None

    @property
    def replaying(self) -> bool:
        """Whether the code re-runs a step that the journal has: nothing may be staged then."""
        return self._replayed is not None

    @property
    def has_staged(self) -> bool:
        """Whether rows of the flow's aren't committed yet, those of an earlier step included."""
        return bool(self.staged.batch) or self.is_committing()

    def begin_step(self, step: int, replayed: tuple[Input, ...] | None) -> None:
        """Take inputs from `replayed` until the next suspension, or from the world when None."""
        self.step = step
        self._replayed = None if replayed is None else deque(replayed)
        self._ops, self._inputs = [], []

    def end_step(self, *, crashed: bool = False) -> tuple[tuple[FlowOp, ...], tuple[Input, ...]]:
        """What the code did to its sessions, and the inputs it took.

        Raises:
            FlowReplayError: the code took other inputs than the journal has, even where the flow's
                code has caught that error.
        """
        if self._mismatch is not None:
            raise self._mismatch
        if self._replayed and not crashed:
            raise self.mismatch(f"the input '{self._replayed[0].kind}'", "the next suspension")
        return tuple(self._ops), tuple(self._inputs)

    def record(self, kind: str, produce: Callable[[], bytes]) -> bytes:
        """A non-deterministic answer: from the journal in a replay, else made and journaled."""
        if self._replayed is None:
            return self._produce(kind, produce)
        if self.next_input_is(kind + FAILED):
            given = self._replayed.popleft()
            self._inputs.append(given)
            raise restore_error(given.data)
        if not self._replayed or self._replayed[0].kind != kind:
            had = f"the input '{self._replayed[0].kind}'" if self._replayed else "no more inputs"
            raise self.mismatch(had, f"the input '{kind}'")
        given = self._replayed.popleft()
        self._inputs.append(given)
        return given.data

    def record_since(
        self, kind: str, produce: Callable[[], bytes], before: Callable[[], bytes]
    ) -> bytes:
        """As `record`, for an input that flows of earlier releases didn't journal.

        In the replay of such a flow the answer is that of `before`.
        """
        kept = self.next_input_is(kind) or self.next_input_is(kind + FAILED)
        return before() if self.replaying and not kept else self.record(kind, produce)

    def _produce(self, kind: str, produce: Callable[[], bytes]) -> bytes:
        try:
            data = produce()
        except CordaError as error:
            self._inputs.append(Input(kind + FAILED, keep_error(error)))
            raise
        self._inputs.append(Input(kind, data))
        return data

    def keep_under_observation(self, error: BaseException) -> None:
        """Should `error` end the flow, the hospital keeps it: a final transaction is at stake."""
        self.at_stake = error

    def next_input_is(self, kind: str) -> bool:
        """Whether the journal goes on with an input of that kind."""
        return self._replayed is not None and [i.kind for i in self._replayed][:1] == [kind]

    def mismatch(self, expected: str, found: str) -> FlowReplayError:
        """The error of a flow whose code has changed."""
        error = FlowReplayError(self.flow_id, self.step, expected, found)
        self._mismatch = self._mismatch or error
        return error

    def random_bytes(self, size: int) -> bytes:
        """Bytes drawn from the flow's journaled seed; the same in every replay."""
        drawn = b""
        while len(drawn) < size:
            self._drawn += 1
            drawn += sha256(self._seed + b"random" + self._drawn.to_bytes(8, "big")).digest()
        return drawn[:size]

    def open(self, peer: Party, flow_class: str, version: int, app_name: str, time: int) -> int:
        """A new session; its id and entropy come from the seed."""
        session_id, entropy = session_of_seed(self._seed, len(self._sessions) + 1)
        self._sessions.append(session_id)
        self._ops.append(Opened(session_id, peer, entropy, flow_class, version, app_name, time))
        return session_id

    @property
    def sessions_opened(self) -> int:
        """How many sessions the flow has opened."""
        return len(self._sessions)

    def sessions_since(self, number: int) -> tuple[int, ...]:
        """The sessions opened after the first `number`."""
        return tuple(self._sessions[number:])

    def send(self, session_id: int, payload: bytes) -> None:
        """Stage a payload."""
        self._ops.append(Sent(session_id, payload))
        self.on_send()

    def add_op(self, op: FlowOp) -> None:
        """Stage another session operation."""
        self._ops.append(op)
