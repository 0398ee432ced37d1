"""FlowLogic and FlowSession: what the author of a flow writes against (net.corda.core.flows)."""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import DecodeError, IllegalStateError
from corda_sim.core.identity import AbstractParty, Party
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow._traps import suspend
from corda_sim.flow.context import FlowContext
from corda_sim.flow.errors import (
    FlowException,
    FlowPayloadException,
    KilledFlowException,
    SessionException,
)
from corda_sim.flow.events import Closed
from corda_sim.flow.logs import FlowLogger
from corda_sim.flow.messages import FlowInfo
from corda_sim.flow.requests import (
    ExecuteAsyncOperation,
    FlowExternalOperation,
    Receive,
    Sleep,
    WaitForLedgerCommit,
    WaitForSessionConfirmations,
    WaitForStateConsumption,
)

if TYPE_CHECKING:
    from corda_sim.flow.service_hub import FlowServiceHub

R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")
T = TypeVar("T")
U = TypeVar("U")

MAX_SLEEP = timedelta(minutes=5)
"""The longest sleep of a flow."""


class UntrustworthyData(Generic[T]):
    """What a peer sent: of the asked type, its content unchecked (UntrustworthyData)."""

    __slots__ = ("_data",)

    def __init__(self, data: T) -> None:
        self._data = data

    def unwrap(self, validator: Callable[[T], U]) -> U:
        """The result of `validator`, which checks the data."""
        return validator(self._data)


class FlowSession:
    """One session with a counterparty (net.corda.core.flows.FlowSession)."""

    def __init__(self, context: FlowContext, session_id: int, counterparty: Party) -> None:
        self._context = context
        self.session_id = session_id
        self.counterparty = counterparty
        self._closed = False

    async def send(self, payload: object) -> None:
        """Send a serializable payload after the commit of the present step."""
        if self._closed:
            raise SessionException(f"Tried to access ended session {self.session_id}")
        data = serialize(payload)
        if len(data) >= self._context.max_message_size:
            raise SessionException(
                f"A message of {len(data)} bytes to {self.counterparty} exceeds the network's "
                f"maxMessageSize of {self._context.max_message_size} bytes"
            )
        self._context.send(self.session_id, data)

    async def receive(self, expected: type[T]) -> UntrustworthyData[T]:
        """Wait for the next message; FlowPayloadException unless it is of the expected type."""
        if self._closed:
            raise SessionException(f"Tried to access ended session {self.session_id}")
        payloads = await suspend(Receive((self.session_id,), self._context.deadline))
        return decode_payload(cast("tuple[bytes, ...]", payloads)[0], expected)

    async def send_and_receive(self, expected: type[T], payload: object) -> UntrustworthyData[T]:
        """Send, then wait for the answer."""
        await self.send(payload)
        return await self.receive(expected)

    async def get_counterparty_flow_info(self) -> FlowInfo:
        """Version and CorDapp of the other side's flow; opens the session if need be."""
        deadline = self._context.deadline
        await suspend(WaitForSessionConfirmations((self.session_id,), deadline))
        return self._context.confirmed[self.session_id]

    async def close(self) -> None:
        """End the session early."""
        if not self._closed:
            self._closed = True
            self._context.add_op(Closed(self.session_id))

    def __repr__(self) -> str:
        return f"FlowSession({self.session_id}, {self.counterparty})"


def decode_payload(data: bytes, expected: type[T]) -> UntrustworthyData[T]:
    """A received payload; FlowPayloadException for bytes or a type that weren't asked for."""
    try:
        value = deserialize(data, cast("type[T]", object))
    except DecodeError as error:
        raise FlowPayloadException(f"Payload invalid: {error}") from error
    if not isinstance(value, expected):
        raise FlowPayloadException(
            f"We were expecting a {expected.__name__} but we instead got a {type(value).__name__}"
        )
    return UntrustworthyData(value)


def _distinct(sessions: Iterable[FlowSession]) -> list[FlowSession]:
    found = list(sessions)
    if len({session.session_id for session in found}) < len(found):
        raise SessionException("A flow session can only appear once as argument.")
    return found


class FlowLogic(Generic[R_co]):
    """A flow: `call` runs it. Its constructor's arguments must be serializable."""

    flow_name: ClassVar[str] = ""
    flow_version: ClassVar[int] = 1
    is_initiating: ClassVar[bool] = False
    is_startable_by_rpc: ClassVar[bool] = False
    answers: ClassVar[str] = ""
    steps: ClassVar[tuple[str, ...]] = ()

    init_arguments: tuple[tuple[Any, ...], Mapping[str, Any]]
    _context: FlowContext | None = None
    _hub: "FlowServiceHub | None" = None
    _initiator: "type[FlowLogic[Any]] | None" = None
    _depth: int = 0

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 - any constructor
        """Keep the arguments: they are what the journal restores the flow from."""
        instance = super().__new__(cls)
        instance.init_arguments = (args, kwargs)
        return instance

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls.is_initiating = cls.is_startable_by_rpc = False
        cls.answers = ""

    async def call(self) -> R_co:
        """The flow's work."""
        raise NotImplementedError

    def attach(
        self,
        context: FlowContext,
        hub: "FlowServiceHub",
        initiator: "type[FlowLogic[Any]] | None",
    ) -> None:
        """Tie the flow to its run; called by the engine and by `sub_flow`."""
        self._context, self._hub = context, hub
        self._depth = context.progress.enter(self.steps)
        self._initiator = type(self) if self.is_initiating else initiator

    @property
    def context(self) -> FlowContext:
        """The run that this flow is part of."""
        if self._context is None:
            raise IllegalStateError("This can only be done after the flow has been started.")
        return self._context

    @property
    def service_hub(self) -> "FlowServiceHub":
        """The node's services; every non-deterministic answer is journaled."""
        if self._hub is None:
            raise IllegalStateError("This can only be done after the flow has been started.")
        return self._hub

    @property
    def flow_id(self) -> str:
        """The id of the top-level flow."""
        return self.context.flow_id

    @property
    def our_identity(self) -> Party:
        """The node's legal identity."""
        return self.context.our_identity

    @property
    def logger(self) -> FlowLogger:
        """Writes to the node's log under the flow's id, once: a replay is silent."""
        name = self.flow_name or type(self).__qualname__
        return FlowLogger(logging.getLogger(name), replaying=self.context.replaying)

    def initiate_flow(self, destination: AbstractParty) -> FlowSession:
        """A new session; nothing is sent before its first use."""
        initiator = self._initiator
        if initiator is None:
            raise IllegalStateError(f"{type(self).__name__} is not an initiating flow")
        party = self.service_hub.well_known_party_from_anonymous(destination)
        if party is None:
            raise IllegalStateError(f"Could not resolve destination: {destination!r}")
        time = self.service_hub.now_ns()
        session_id = self.context.open(
            party,
            initiator.flow_name,
            initiator.flow_version,
            self.service_hub.app_of(initiator),
            time,
        )
        return FlowSession(self.context, session_id, party)

    async def sub_flow(self, flow: "FlowLogic[R]") -> R:
        """Run another flow inside this one; it opens sessions of its own if it is initiating."""
        flow.attach(self.context, self.service_hub, self._initiator)
        try:
            return await flow.call()
        finally:
            self.context.progress.leave(flow._depth)  # noqa: SLF001 - of its own class

    async def send_all(self, payload: object, sessions: Iterable[FlowSession]) -> None:
        """Send the same payload to each session; they leave with the commit of one step."""
        for session in _distinct(sessions):
            await session.send(payload)

    async def receive_all(
        self, expected: type[T], sessions: Iterable[FlowSession]
    ) -> list[UntrustworthyData[T]]:
        """One message from each session, in the order of the sessions."""
        ids = tuple(session.session_id for session in _distinct(sessions))
        if not ids:
            return []
        payloads = cast("tuple[bytes, ...]", await suspend(Receive(ids, self.context.deadline)))
        return [decode_payload(payload, expected) for payload in payloads]

    async def sleep(self, duration: timedelta) -> None:
        """Suspend for at most five minutes."""
        if duration > MAX_SLEEP:
            raise FlowException(
                "Attempt to sleep for longer than 5 minutes is not supported.  "
                "Consider using SchedulableState."
            )
        deadline = self.service_hub.now_ns() + duration // timedelta(microseconds=1) * 1000
        await suspend(Sleep(deadline))

    async def wait_for_ledger_commit(self, tx_id: SecureHash) -> SignedTransaction:
        """Suspend until the verified transaction is recorded."""
        await suspend(WaitForLedgerCommit(tx_id))
        recorded = self.service_hub.get_transaction(tx_id)
        if recorded is None:
            raise IllegalStateError(f"Transaction {tx_id} was recorded but can't be read")
        return recorded

    async def wait_for_state_consumption(self, refs: Iterable[StateRef]) -> None:
        """Suspend until recorded transactions have consumed all these states.

        The vault must know the states: of others it learns nothing, and the flow waits for ever
        (FlowLogic.waitForStateConsumption).
        """
        await suspend(WaitForStateConsumption(tuple(sorted(set(refs)))))

    @property
    def is_killed(self) -> bool:
        """Whether the flow has been killed (FlowLogic.isKilled).

        The code of a killed flow is not resumed. This is for what runs on all the same: an external
        operation in its thread, a `finally`. A flow that computes for long sleeps for no time now
        and then, so that the node can go on, and a kill can end it.
        """
        return self.context.is_killed()

    def check_flow_is_not_killed(self, message: str = "") -> None:
        """Raises: KilledFlowException if the flow has been killed (checkFlowIsNotKilled)."""
        if self.is_killed:
            raise KilledFlowException(message or f"Flow {self.flow_id} was killed")

    async def await_external(self, operation: FlowExternalOperation) -> object:
        """Run an operation outside the flow, at least once, after the step has committed."""
        data = cast("bytes", await suspend(ExecuteAsyncOperation(operation)))
        return deserialize(data, object)

    def execute(self, sql: str, **params: object) -> None:
        """Stage a statement of the CorDapp's own into the step, once."""
        if not self.context.replaying:
            self.context.staged.batch.execute(sql, params)

    def set_step(self, label: str) -> None:
        """Tell where the flow is (ProgressTracker.currentStep).

        In a sub-flow the step is a child of the current one of the flow around it.
        """
        self.context.progress.reach(self._depth, label)
        if not self.context.replaying:
            self.context.on_progress(self.context.progress.now)

    def patch(self, name: str) -> bool:
        """True unless this flow passed here before the change `name` was made.

        Guards a change of a flow's code: `if self.patch("x"): new() else: old()`.
        """
        kind = f"patch:{name}"
        if self.context.replaying and not self.context.next_input_is(kind):
            return False
        self.context.record(kind, bytes)
        return True
