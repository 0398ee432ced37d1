"""The gRPC server of a node, on the node's own event loop."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

import grpc

from corda_sim.core.errors import CordaError
from corda_sim.flow.effects import FlowEnded
from corda_sim.flow.errors import FlowNotStartableException, RejectedCommandException
from corda_sim.node.config import RpcUser
from corda_sim.node.node import Node
from corda_sim.rpc._pb import node_pb2, node_pb2_grpc
from corda_sim.rpc.arguments import parse_flow
from corda_sim.rpc.errors import (
    InternalNodeException,
    PermissionException,
    RpcAuthenticationException,
    SlowConsumerException,
)
from corda_sim.rpc.feeds import Feed, open_feed
from corda_sim.rpc.operations import invoke
from corda_sim.rpc.permissions import SecurityManager
from corda_sim.rpc.rendering import to_json
from corda_sim.rpc.subscription import Subscription

LOGGER = logging.getLogger(__name__)
Context = grpc.aio.ServicerContext[Any, Any]
_CODES = {
    RpcAuthenticationException: grpc.StatusCode.UNAUTHENTICATED,
    PermissionException: grpc.StatusCode.PERMISSION_DENIED,
    RejectedCommandException: grpc.StatusCode.RESOURCE_EXHAUSTED,
    SlowConsumerException: grpc.StatusCode.RESOURCE_EXHAUSTED,
    InternalNodeException: grpc.StatusCode.INTERNAL,
}


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
        """Start a flow and follow it; the first update comes once its start is committed."""
        try:
            flow_id, outcome, started = self._start(request, context)
        except Exception as error:  # noqa: BLE001 - every error has its status
            await _abort(context, error)
            return
        progress = Subscription(self._node.room.subscribers, _is_progress_of(flow_id))
        with progress:
            either: set[asyncio.Future[Any]] = {started, outcome}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            yield node_pb2.FlowUpdate(flow_id=flow_id)
            while (told := await progress.next_before(outcome)) is not None:
                yield node_pb2.FlowUpdate(flow_id=flow_id, progress=str(told.value))
        yield _ended(await outcome)

    def _start(
        self, request: node_pb2.StartFlowRequest, context: Context
    ) -> tuple[str, "asyncio.Future[FlowEnded]", "asyncio.Future[None]"]:
        user = self._user(context)
        cls = self._node.registry.find(request.flow)
        short = cls.flow_name.rpartition(".")[2]
        self._security.require(user, f"StartFlow.{short}", f"StartFlow.{cls.flow_name}")
        if not cls.is_startable_by_rpc:
            raise FlowNotStartableException(f"{short} isn't startable by RPC")
        logic = parse_flow(cls, request.arguments, self._node.hub.party_by_text)
        client_id = f"{user.username}/{request.client_id}" if request.client_id else None
        flow_id, outcome = self._node.start_flow(logic, user.username, client_id)
        return flow_id, outcome, self._committed(flow_id)

    def _committed(self, flow_id: str) -> "asyncio.Future[None]":
        """Done once what the flow stages now is durable: a caller told of it will find it."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        flow = self._node.manager.flows.get(flow_id)
        step = None if flow is None else flow.pending or flow.in_flight
        if step is None:
            done.set_result(None)
        else:
            step.on_commit.append(lambda: None if done.done() else done.set_result(None))
        return done

    async def Invoke(  # noqa: N802 - gRPC's name
        self, request: node_pb2.InvokeRequest, context: Context
    ) -> node_pb2.InvokeReply:
        """Call one operation."""
        try:
            self._security.require(self._user(context), f"InvokeRpc.{request.method}")
            result = invoke(self._node, request.method, request.arguments_json)
        except Exception as error:  # noqa: BLE001 - every error has its status
            await _abort(context, error)
            return node_pb2.InvokeReply()
        return node_pb2.InvokeReply(result_json=json.dumps(result))

    async def Track(  # noqa: N802 - gRPC's name
        self, request: node_pb2.TrackRequest, context: Context
    ) -> AsyncIterator[node_pb2.TrackUpdate]:
        """Follow the vault or all flows: a snapshot, then updates."""
        try:
            feed = self._feed(request, context)
        except Exception as error:  # noqa: BLE001 - every error has its status
            await _abort(context, error)
            return
        with feed:
            yield node_pb2.TrackUpdate(update_json=json.dumps({"snapshot": feed.snapshot}))
            try:
                while True:
                    update = await feed.next()
                    yield node_pb2.TrackUpdate(update_json=json.dumps(update))
            except SlowConsumerException as error:
                await _abort(context, error)

    def _feed(self, request: node_pb2.TrackRequest, context: Context) -> Feed:
        user = self._user(context)
        method = {"vault": "vaultTrack", "flows": "stateMachinesFeed"}.get(request.feed, "track")
        self._security.require(user, f"InvokeRpc.{method}")
        return open_feed(self._node, request.feed, request.state or None)

    def _user(self, context: Context) -> RpcUser:
        metadata: Mapping[str, Any] = dict(context.invocation_metadata() or ())
        username, password = str(metadata.get("username", "")), str(metadata.get("password", ""))
        return self._security.authenticate(username, password)


def _is_progress_of(flow_id: str) -> Any:  # noqa: ANN401 - a predicate
    return lambda told: told.flow_id == flow_id and isinstance(told.value, str)


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
    if not isinstance(error, CordaError):
        LOGGER.error("an RPC call failed", exc_info=error)
        error = InternalNodeException("The node failed inside; its log tells how")
    code = _CODES.get(type(error), grpc.StatusCode.INVALID_ARGUMENT)
    trailing = [("error-type", type(error).__name__)]
    if isinstance(error, RejectedCommandException):
        trailing.append(("eta-seconds", str(error.eta_seconds)))
    await context.abort(code, str(error), tuple(trailing))
