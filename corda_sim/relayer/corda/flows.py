"""Messages by flows: one flow, and so one transaction, for each, found again by its client id."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from threading import Lock
from typing import Final

from corda_sim.core.crypto.hashes import sha256
from corda_sim.core.errors import CordaError
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import MsgAcknowledgement, MsgRecvPacket, MsgTimeout
from corda_sim.ibc.protobuf import Message
from corda_sim.relayer.corda.nodes import CordaNode, CordaNodes
from corda_sim.relayer.outcomes import Outcome, Verdict
from corda_sim.relayer.work import Kind, key_of
from corda_sim.rpc.client import FlowOutcome

SUBMIT_FLOW: Final = "corda_sim.ibc.IbcSubmitFlow"
_NOOP: Final = "NOOP"
_ANOTHERS: Final = "ContractCallMissing"
"""What a node says to a packet that another party's node alone can take."""
_KINDS: Final = {
    MsgRecvPacket: Kind.RECEIVE,
    MsgAcknowledgement: Kind.ACKNOWLEDGE,
    MsgTimeout: Kind.TIMEOUT,
}
_PERMANENT: Final = frozenset(
    (
        "ErrChannelNotFound",
        "ErrClientFrozen",
        "ErrConnectionNotFound",
        "ErrInvalidAcknowledgement",
        "ErrInvalidChannelState",
        "ErrInvalidConnectionState",
        "ErrInvalidPacket",
        "ErrInvalidPort",
        "FeatureLater",
        "LCPClientClientStateFrozen",
    )
)
"""Errors of the handlers by class: the same message fails again however often it is sent."""


class FlowSubmission:
    """Flows that run, one for each of so many `messages`, or one for updates alone."""

    def __init__(self, flows: Sequence[Future[Outcome]], messages: int) -> None:
        self._flows, self._messages = flows, messages
        self._left, self._lock = len(flows), Lock()

    def outcomes(self) -> list[Outcome]:
        """How each has ended; waits for all."""
        return [flow.result() for flow in self._flows][: self._messages]

    def when_done(self, call: Callable[[], None]) -> None:
        """Call when the last one has ended."""

        def ended(_: Future[Outcome]) -> None:
            with self._lock:
                self._left -= 1
                is_last = not self._left
            if is_last:
                call()

        for flow in self._flows:
            flow.add_done_callback(ended)


class FlowSender:
    """Starts the flows; each waits in a thread of `pool`."""

    def __init__(self, nodes: CordaNodes, pool: Executor, host: str | None = None) -> None:
        self._nodes, self._pool = nodes, pool
        self._host = {} if host is None else {"base_id": host}

    def submit(self, updates: Sequence[Message], messages: Sequence[Message]) -> FlowSubmission:
        """A flow for each message, with all updates before it; for updates alone a flow of those.

        An update that another of them has brought is none to the node.
        """
        groups = [(*updates, one) for one in messages] or [tuple(updates)]
        names = map(client_id_of, messages or updates[:1])
        pairs = zip(groups, names, strict=True)
        flows = [self._pool.submit(self._run, group, name) for group, name in pairs]
        return FlowSubmission(flows, len(messages))

    def _run(self, messages: Sequence[Message], client_id: str) -> Outcome:
        packed = ";".join(AnyMessage.pack(one).encode().hex() for one in messages)
        arguments = {"messages": packed, **self._host}
        try:
            ended = self._nodes.call_until(
                lambda node: _run_on(node, arguments, client_id),
                lambda ended: ended.error_type != _ANOTHERS,
            )
        except CordaError as error:
            return Outcome(Verdict.RETRY, "", f"{type(error).__name__}: {error}")
        return outcome_of(ended)


def _run_on(node: CordaNode, arguments: Mapping[str, str], client_id: str) -> FlowOutcome:
    ended = node.start_flow(SUBMIT_FLOW, arguments, client_id)
    # Known by its client id, a flow would answer for later attempts, too.
    node.invoke("removeClientId", client_id=client_id)
    return ended


def client_id_of(message: Message) -> str:
    """What a flow for this message is found by, after a restart too: the packet, or the content."""
    kind = _KINDS.get(type(message))
    if isinstance(message, MsgRecvPacket | MsgAcknowledgement | MsgTimeout) and kind:
        return f"relay/{kind.value}/{key_of(message.packet)}"
    return f"relay/{sha256(AnyMessage.pack(message).encode()).hex()}"


def outcome_of(ended: FlowOutcome) -> Outcome:
    """What a flow's end says of its last message."""
    if ended.error_type:
        is_permanent = ended.error_type in _PERMANENT
        verdict = Verdict.PERMANENT if is_permanent else Verdict.RETRY
        return Outcome(verdict, ended.flow_id, f"{ended.error_type}: {ended.error}")
    done = Verdict.ALREADY_DONE if ended.result["results"][-1] == _NOOP else Verdict.DONE
    return Outcome(done, ended.result["transaction"] or ended.flow_id)
