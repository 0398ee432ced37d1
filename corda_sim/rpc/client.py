"""Calling a node from a Python program (net.corda.client.rpc.CordaRPCClient)."""

import json
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Self

import grpc

from corda_sim.rpc._pb import node_pb2, node_pb2_grpc
from corda_sim.rpc.errors import (
    FlowFailedException,
    NodeUnreachableException,
    PermissionException,
    RpcAuthenticationException,
    RpcException,
)

OnProgress = Callable[[str, Sequence[str]], None]
"""Gets a flow's id and its step, after it the step of the sub-flow in it, and so on."""

_RECONNECT_SECONDS = 0.2
_MAX_MESSAGE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FlowOutcome:
    """How a flow ended; `error` is empty when it completed, `result` its value as JSON data.

    `text` is the result in one line.
    """

    flow_id: str
    result: Any
    text: str
    error_type: str
    error: str

    def get(self) -> Any:  # noqa: ANN401 - the flow's result
        """The result. Raises: FlowFailedException with the flow's error."""
        if self.error_type:
            raise FlowFailedException(self.error_type, self.error)
        return self.result


@dataclass(frozen=True, slots=True)
class FlowHandle:
    """A flow that the node has taken, with its outcome if it has one already."""

    flow_id: str
    outcome: FlowOutcome | None


def _unheard(_flow_id: str, _path: Sequence[str]) -> None:
    """Nobody wants to hear of progress."""


class NodeRpcClient:
    """A connection to one node, for use from any thread.

    `trust` is the PEM certificate that the node's must be, or be issued by, where `rpcSettings`
    has `useSsl`; without it the connection isn't encrypted.
    """

    def __init__(
        self, address: str, username: str, password: str, *, trust: bytes | None = None
    ) -> None:
        self.address = address
        self._channel = _channel(address, trust)
        self._stub = node_pb2_grpc.CordaRPCOpsStub(self._channel)  # type: ignore[no-untyped-call]
        self._metadata = (("username", username), ("password", password))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._channel.close()

    def invoke(self, method: str, **arguments: object) -> Any:  # noqa: ANN401 - JSON
        """Call an operation; its result as JSON data.

        Raises: RpcException with the node's error, NodeUnreachableException, PermissionException.
        """
        request = node_pb2.InvokeRequest(method=method, arguments_json=json.dumps(arguments))
        try:
            reply = self._stub.Invoke(request, metadata=self._metadata)
        except grpc.RpcError as error:
            raise self._translate(error) from error
        return json.loads(reply.result_json)

    def start_flow(
        self,
        flow: str,
        arguments: Mapping[str, str],
        client_id: str = "",
        on_progress: OnProgress = _unheard,
    ) -> FlowOutcome:
        """Start a flow and wait for its outcome.

        Raises: as `invoke`; with a client id the same call may be made again after a lost
        connection and gives the same flow's outcome.
        """
        for update in self._updates(flow, arguments, client_id):
            if update.ended:
                return _outcome(update)
            on_progress(update.flow_id, tuple(update.progress))
        raise NodeUnreachableException(f"The node at {self.address} ended the call")

    def begin_flow(
        self, flow: str, arguments: Mapping[str, str], client_id: str = ""
    ) -> FlowHandle:
        """Start a flow; return as soon as the node has taken it for good. Raises: as `invoke`."""
        with closing(self._updates(flow, arguments, client_id)) as updates:
            first = next(updates)
        return FlowHandle(first.flow_id, _outcome(first) if first.ended else None)

    def reattach_flow(self, client_id: str) -> FlowHandle | None:
        """The flow that was started with a client id; None where the node has none such.

        Raises: as `invoke`; PermissionException for another user's.
        """
        found = self.invoke("reattachFlowWithClientId", client_id=client_id)
        if found is None:
            return None
        flow_id, ended = found.pop("flow_id"), found.pop("ended")
        return FlowHandle(flow_id, FlowOutcome(flow_id, **found) if ended else None)

    def start_flow_until_done(
        self,
        flow: str,
        arguments: Mapping[str, str],
        client_id: str,
        give_up_after: float = 120.0,
        on_progress: OnProgress = _unheard,
    ) -> FlowOutcome:
        """`start_flow`, called again over lost connections until the node answers."""
        deadline = time.monotonic() + give_up_after
        while True:
            try:
                return self.start_flow(flow, arguments, client_id, on_progress)
            except NodeUnreachableException:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_RECONNECT_SECONDS)

    def _updates(
        self, flow: str, arguments: Mapping[str, str], client_id: str
    ) -> "Generator[node_pb2.FlowUpdate, None, None]":
        request = node_pb2.StartFlowRequest(
            flow=flow, arguments=dict(arguments), client_id=client_id
        )
        call = self._stub.StartFlow(request, metadata=self._metadata)
        try:
            yield from call
        except grpc.RpcError as error:
            raise self._translate(error) from error
        finally:
            call.cancel()

    def track(self, feed: str, state: str = "") -> Generator[Any, None, None]:
        """`{"snapshot": …}` of `vault` (of one state type or all) or `flows`, then updates.

        Raises: as `invoke`; RpcException SlowConsumerException when they aren't read in time.
        """
        request = node_pb2.TrackRequest(feed=feed, state=state)
        call = self._stub.Track(request, metadata=self._metadata)
        try:
            for update in call:
                yield json.loads(update.update_json)
        except grpc.RpcError as error:
            raise self._translate(error) from error
        finally:
            call.cancel()

    def _translate(self, error: grpc.RpcError) -> Exception:
        code, text = error.code(), error.details() or ""
        if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
            return NodeUnreachableException(f"The node at {self.address} can't be reached: {text}")
        if code is grpc.StatusCode.UNAUTHENTICATED:
            return RpcAuthenticationException(text)
        if code is grpc.StatusCode.PERMISSION_DENIED:
            return PermissionException(text)
        trailing: dict[str, Any] = dict(error.trailing_metadata() or ())  # type: ignore[arg-type]
        eta = float(trailing.get("eta-seconds", 0.0))
        return RpcException(str(trailing.get("error-type", code.name)), text, eta)


def _channel(address: str, trust: bytes | None) -> grpc.Channel:
    options = [("grpc.max_receive_message_length", _MAX_MESSAGE)]
    if trust is None:
        return grpc.insecure_channel(address, options)
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(trust), options)


def _outcome(ended: node_pb2.FlowUpdate) -> FlowOutcome:
    result = json.loads(ended.result) if ended.result else None
    return FlowOutcome(ended.flow_id, result, ended.result_text, ended.error_type, ended.error)
