"""The gRPC server of a node, on the node's own event loop."""

import asyncio
import inspect
import json
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import grpc

from corda_sim.core.errors import CordaError
from corda_sim.flow.effects import FlowEnded
from corda_sim.flow.errors import FlowNotStartableException, RejectedCommandException
from corda_sim.flow.progress import Progress
from corda_sim.node.config import RpcUser
from corda_sim.node.metrics import RpcFigures
from corda_sim.node.node import Node
from corda_sim.node.rpc_ssl import server_key
from corda_sim.rpc._pb import node_pb2, node_pb2_grpc
from corda_sim.rpc.arguments import parse_flow
from corda_sim.rpc.client_id_operations import own_flow
from corda_sim.rpc.errors import (
    InternalNodeException,
    PermissionException,
    RpcAuthenticationException,
    RpcBindException,
    SlowConsumerException,
)
from corda_sim.rpc.feeds import Feed, open_feed
from corda_sim.rpc.operations import OPERATIONS, invoke
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
BIND_PATIENCE_SECONDS = 10.0
_BIND_INTERVAL_SECONDS = 0.2
METHODS = frozenset(OPERATIONS) | {"startFlow", "track"}


class RpcServer(node_pb2_grpc.CordaRPCOpsServicer):
    """Serves one node. Start it once the node is open."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._security = SecurityManager(node.config.rpc_users)
        self._figures = RpcFigures(node.metrics_registry)
        # Otherwise the kernel shares the address among processes, a frozen one included.
        self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        node_pb2_grpc.add_CordaRPCOpsServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]

    async def start(self, patience: float = BIND_PATIENCE_SECONDS) -> str:
        """Listen; the address with its port.

        A former holder of the lease may be about to leave the address: wait `patience` seconds.

        Raises: KeyStoreException, RpcBindException.
        """
        address = self._node.config.rpc_settings.address
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        while (port := self._try_bind(address)) is None:
            if loop.time() > deadline:
                # gRPC takes down a server that ran, and frees one that never did while its poller
                # may still use it: a crash of the process some time later.
                await self._server.start()
                await self.stop()
                raise RpcBindException(f"RPC can't listen at {address}: it is taken, or not ours")
            await asyncio.sleep(_BIND_INTERVAL_SECONDS)
        await self._server.start()
        return f"{address.rpartition(':')[0]}:{port}"

    def _try_bind(self, address: str) -> int | None:
        try:
            return self._bind(address)
        except RuntimeError:
            return None

    def _bind(self, address: str) -> int:
        ssl = self._node.config.rpc_settings.key_store
        if ssl is None:
            return self._server.add_insecure_port(address)
        pairs = [server_key(self._node.directory, ssl)]
        return self._server.add_secure_port(address, grpc.ssl_server_credentials(pairs))

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
            await self._abort(context, "startFlow", error)
            return
        self._figures.answered("startFlow")
        progress = Subscription(self._node.room.subscribers, _is_progress_of(flow_id))
        with self._streaming(), progress:
            either: set[asyncio.Future[Any]] = {started, outcome}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not outcome.done():
                yield node_pb2.FlowUpdate(flow_id=flow_id)
            while (told := await progress.next_before(outcome)) is not None:
                if isinstance(told.value, Progress):
                    yield node_pb2.FlowUpdate(flow_id=flow_id, progress=told.value.path)
            yield _ended(await outcome)

    @contextmanager
    def _streaming(self) -> Iterator[None]:
        self._figures.opened()
        try:
            yield
        finally:
            self._figures.closed()

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
        client_id = request.client_id or None
        if client_id is not None:
            own_flow(self._node, client_id, user.username)
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
            user = self._user(context)
            self._security.require(user, f"InvokeRpc.{request.method}")
            result = invoke(self._node, request.method, request.arguments_json, user.username)
            if inspect.isawaitable(result):
                result = await result
            if OPERATIONS[request.method].writes:
                await self._node.engine.committed()
        except Exception as error:  # noqa: BLE001 - every error has its status
            await self._abort(context, request.method, error)
            return node_pb2.InvokeReply()
        self._figures.answered(request.method)
        return node_pb2.InvokeReply(result_json=json.dumps(result))

    async def Track(  # noqa: N802 - gRPC's name
        self, request: node_pb2.TrackRequest, context: Context
    ) -> AsyncIterator[node_pb2.TrackUpdate]:
        """Follow the vault or all flows: a snapshot, then updates."""
        try:
            feed = self._feed(request, context)
        except Exception as error:  # noqa: BLE001 - every error has its status
            await self._abort(context, "track", error)
            return
        self._figures.answered("track")
        with self._streaming(), feed:
            yield node_pb2.TrackUpdate(update_json=json.dumps({"snapshot": feed.snapshot}))
            try:
                while True:
                    update = await feed.next()
                    yield node_pb2.TrackUpdate(update_json=json.dumps(update))
            except SlowConsumerException as error:
                await self._abort(context, "track", error)

    def _feed(self, request: node_pb2.TrackRequest, context: Context) -> Feed:
        user = self._user(context)
        method = {"vault": "vaultTrack", "flows": "stateMachinesFeed"}.get(request.feed, "track")
        self._security.require(user, f"InvokeRpc.{method}")
        return open_feed(self._node, request.feed, request.state or None)

    async def _abort(self, context: Context, method: str, error: Exception) -> None:
        if not isinstance(error, CordaError):
            LOGGER.error("an RPC call failed", exc_info=error)
            error = InternalNodeException("The node failed inside; its log tells how")
        self._figures.answered(method if method in METHODS else "unknown", error)
        code = _CODES.get(type(error), grpc.StatusCode.INVALID_ARGUMENT)
        trailing = [("error-type", type(error).__name__)]
        if isinstance(error, RejectedCommandException):
            trailing.append(("eta-seconds", str(error.eta_seconds)))
        await context.abort(code, str(error), tuple(trailing))

    def _user(self, context: Context) -> RpcUser:
        metadata: Mapping[str, Any] = dict(context.invocation_metadata() or ())
        username, password = str(metadata.get("username", "")), str(metadata.get("password", ""))
        return self._security.authenticate(username, password)


def _is_progress_of(flow_id: str) -> Any:  # noqa: ANN401 - a predicate
    return lambda told: told.flow_id == flow_id and isinstance(told.value, Progress)


def _ended(ended: FlowEnded) -> node_pb2.FlowUpdate:
    if ended.error is not None:
        return node_pb2.FlowUpdate(
            flow_id=ended.flow_id,
            ended=True,
            error_type=type(ended.error).__name__,
            error=str(ended.error),
        )
    return node_pb2.FlowUpdate(
        flow_id=ended.flow_id,
        ended=True,
        result=json.dumps(to_json(ended.result)),
        result_text="" if ended.result is None else str(ended.result),
    )
