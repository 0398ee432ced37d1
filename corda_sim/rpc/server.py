"""The gRPC server of a node, on the node's own event loop."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import grpc

from corda_sim.core.errors import CordaError
from corda_sim.flow.effects import FlowEnded, Notification
from corda_sim.flow.errors import RejectedCommandException
from corda_sim.node.config import RpcUser
from corda_sim.node.node import Node
from corda_sim.node.vault.recorder import VaultUpdate
from corda_sim.rpc._pb import node_pb2, node_pb2_grpc
from corda_sim.rpc.arguments import parse_flow
from corda_sim.rpc.errors import PermissionException, RpcAuthenticationException
from corda_sim.rpc.operations import OPERATIONS
from corda_sim.rpc.permissions import SecurityManager
from corda_sim.rpc.rendering import to_json

Context = grpc.aio.ServicerContext[Any, Any]
_CODES = {
    RpcAuthenticationException: grpc.StatusCode.UNAUTHENTICATED,
    PermissionException: grpc.StatusCode.PERMISSION_DENIED,
    RejectedCommandException: grpc.StatusCode.RESOURCE_EXHAUSTED,
}
_TRACK_QUEUE = 10_000


class RpcServer(node_pb2_grpc.CordaRPCOpsServicer):
    """Serves one node. Start it once the node is open."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._security = SecurityManager(node.config.rpc_users)
        self._server = grpc.aio.server()
        node_pb2_grpc.add_CordaRPCOpsServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]

    async def start(self, address: str) -> str:
        """Listen; the address with its port."""
        port = self._server.add_insecure_port(address)
        await self._server.start()
        return f"{address.rpartition(':')[0]}:{port}"

    async def stop(self) -> None:
        """Stop at once; clients call again."""
        await self._server.stop(grace=0.2)

    async def StartFlow(  # noqa: N802 - gRPC's name
        self, request: node_pb2.StartFlowRequest, context: Context
    ) -> AsyncIterator[node_pb2.FlowUpdate]:
        """Start a flow and follow it."""
        try:
            flow_id, outcome, progress = self._start(request, context)
        except CordaError as error:
            await _abort(context, error)
            return
        yield node_pb2.FlowUpdate(flow_id=flow_id)
        async for update in self._follow(flow_id, outcome, progress):
            yield update

    def _start(
        self, request: node_pb2.StartFlowRequest, context: Context
    ) -> tuple[str, asyncio.Future[FlowEnded], "asyncio.Queue[Notification]"]:
        user = self._user(context)
        cls = self._node.registry.find(request.flow)
        short = cls.flow_name.rpartition(".")[2]
        self._security.require(user, f"StartFlow.{short}", f"StartFlow.{cls.flow_name}")
        if not cls.is_startable_by_rpc:
            raise PermissionException(f"{short} isn't startable by RPC")
        logic = parse_flow(cls, request.arguments, self._node.hub.party_by_text)
        progress: asyncio.Queue[Notification] = asyncio.Queue(_TRACK_QUEUE)
        client_id = f"{user.username}/{request.client_id}" if request.client_id else None
        flow_id, outcome = self._node.start_flow(logic, user.username, client_id)
        self._node.room.subscribers.append(_forward(progress))
        return flow_id, outcome, progress

    async def _follow(
        self,
        flow_id: str,
        outcome: asyncio.Future[FlowEnded],
        progress: "asyncio.Queue[Notification]",
    ) -> AsyncIterator[node_pb2.FlowUpdate]:
        forward = self._node.room.subscribers[-1]
        try:
            while not outcome.done():
                told = await _next(progress, outcome)
                if told is None:
                    break
                if told.flow_id == flow_id and isinstance(told.value, str):
                    yield node_pb2.FlowUpdate(flow_id=flow_id, progress=told.value)
            yield _ended(await outcome)
        finally:
            if forward in self._node.room.subscribers:
                self._node.room.subscribers.remove(forward)

    async def Invoke(  # noqa: N802 - gRPC's name
        self, request: node_pb2.InvokeRequest, context: Context
    ) -> node_pb2.InvokeReply:
        """Call one operation."""
        try:
            user = self._user(context)
            self._security.require(user, f"InvokeRpc.{request.method}")
            operation = OPERATIONS.get(request.method)
            if operation is None:
                raise PermissionException(f"There is no operation {request.method}")
            result = operation(self._node, json.loads(request.arguments_json or "{}"))
        except (CordaError, ValueError, KeyError) as error:
            await _abort(context, error)
            return node_pb2.InvokeReply()
        return node_pb2.InvokeReply(result_json=json.dumps(result))

    async def Track(  # noqa: N802 - gRPC's name
        self, request: node_pb2.TrackRequest, context: Context
    ) -> AsyncIterator[node_pb2.TrackUpdate]:
        """Follow the vault or all flows."""
        try:
            self._security.require(self._user(context), f"InvokeRpc.track.{request.feed}")
        except CordaError as error:
            await _abort(context, error)
            return
        queue: asyncio.Queue[Notification] = asyncio.Queue(_TRACK_QUEUE)
        forward = _forward(queue)
        self._node.room.subscribers.append(forward)
        try:
            while True:
                update = _render(request.feed, await queue.get())
                if update is not None:
                    yield node_pb2.TrackUpdate(update_json=json.dumps(update))
        finally:
            self._node.room.subscribers.remove(forward)

    def _user(self, context: Context) -> RpcUser:
        metadata: Mapping[str, Any] = dict(context.invocation_metadata() or ())
        username, password = str(metadata.get("username", "")), str(metadata.get("password", ""))
        return self._security.authenticate(username, password)


async def _next(
    progress: "asyncio.Queue[Notification]", outcome: asyncio.Future[FlowEnded]
) -> Notification | None:
    """The next notification; None when the flow has its outcome first."""
    waiting: asyncio.Future[Any] = asyncio.ensure_future(progress.get())
    both: set[asyncio.Future[Any]] = {waiting, outcome}
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    if waiting.done():
        told: Notification = waiting.result()
        return told
    waiting.cancel()
    return None


def _forward(queue: "asyncio.Queue[Notification]") -> Any:  # noqa: ANN401 - a subscriber
    def put(notification: Notification) -> None:
        if not queue.full():
            queue.put_nowait(notification)

    return put


def _render(feed: str, told: Notification) -> dict[str, Any] | None:
    if feed == "vault" and isinstance(told.value, VaultUpdate):
        return {"flow_id": told.flow_id, "update": to_json(told.value)}
    if feed == "flows" and isinstance(told.value, str):
        return {"flow_id": told.flow_id, "progress": told.value}
    if feed == "flows" and isinstance(told.value, FlowEnded):
        error = told.value.error
        return {
            "flow_id": told.flow_id,
            "ended": True,
            "error": None if error is None else str(error),
        }
    return None


def _ended(ended: FlowEnded) -> node_pb2.FlowUpdate:
    if ended.error is not None:
        return node_pb2.FlowUpdate(
            flow_id=ended.flow_id,
            ended=True,
            error_type=type(ended.error).__name__,
            error=str(ended.error),
        )
    result = json.dumps(to_json(ended.result))
    return node_pb2.FlowUpdate(flow_id=ended.flow_id, ended=True, result=result)


async def _abort(context: Context, error: Exception) -> None:
    code = _CODES.get(type(error), grpc.StatusCode.INVALID_ARGUMENT)
    trailing = [("error-type", type(error).__name__)]
    if isinstance(error, RejectedCommandException):
        trailing.append(("eta-seconds", str(error.eta_seconds)))
    await context.abort(code, str(error), tuple(trailing))
