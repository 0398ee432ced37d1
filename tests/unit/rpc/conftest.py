"""A node in this process, on a loop of its own in a thread, with RPC over TLS."""

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from corda_sim.node.config import RpcUser, load_config, write_config
from corda_sim.node.network_create import NetworkRequest, create_network
from corda_sim.node.node import Node
from corda_sim.node.rpc_ssl import generate_rpc_ssl_settings, server_root
from corda_sim.rpc.client import NodeRpcClient
from corda_sim.rpc.server import RpcServer
from notary.seat import set_up_notary

T = TypeVar("T")
USERS = (
    RpcUser(username="admin", password="admin-s3cret", permissions=("ALL",)),
    RpcUser(
        username="clerk",
        password="clerk-s3cret",
        permissions=("StartFlow.CreateAccount", "InvokeRpc.accountList"),
    ),
    RpcUser(
        username="reader",
        password="reader-s3cret",
        permissions=("StartFlow.corda_sim.accounts.CreateAccount", "InvokeRpc.vaultTrack"),
    ),
    RpcUser(username="guest", password="guest-s3cret"),
)


@dataclass
class Served:
    """A node with its server; calls come from the test's thread."""

    node_dir: Path
    node: Node = field(init=False)
    address: str = ""
    trust: bytes = b""
    _loop: asyncio.AbstractEventLoop = field(init=False)
    _up: threading.Event = field(default_factory=threading.Event)

    def start(self) -> threading.Thread:
        """Serve until `stop`; returns once it is up."""
        thread = threading.Thread(target=asyncio.run, args=(self._serve(),))
        thread.start()
        assert self._up.wait(60)
        return thread

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.node = Node(self.node_dir)
        try:
            assert await self.node.open()
            server = RpcServer(self.node)
            self.address = await server.start()
            self._up.set()
            await self.node.wait_stopped()
            await server.stop()
        finally:
            await self.node.close()

    def stop(self) -> None:
        """Ask the node to end."""
        self._loop.call_soon_threadsafe(self.node.stop)

    def on_loop(self, call: Callable[[], T]) -> T:
        """The result of `call` on the node's loop."""

        async def run() -> T:
            return call()

        return self.run(run())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work` on the node's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def client(self, name: str, password: str | None = None) -> NodeRpcClient:
        """A client of one of USERS."""
        given = f"{name}-s3cret" if password is None else password
        return NodeRpcClient(self.address, name, given, trust=self.trust)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    directory = tmp_path_factory.mktemp("served") / "net"
    request = NetworkRequest(parties=("PartyA",), validator=False, outsider=False)
    create_network(directory, request, set_up_notary)
    node_dir = directory / "PartyA"
    config = load_config(node_dir)
    now = datetime.now(UTC)
    ssl = generate_rpc_ssl_settings(node_dir, config.my_legal_name, ["127.0.0.1"], now, os.urandom)
    rpc = config.rpc_settings.model_copy(update={"use_ssl": True, "ssl": ssl})
    write_config(node_dir, config.model_copy(update={"rpc_settings": rpc, "rpc_users": USERS}))
    made = Served(node_dir, trust=server_root(node_dir, ssl))
    thread = made.start()
    yield made
    made.stop()
    thread.join(30)


@pytest.fixture
def admin(served: Served) -> Iterator[NodeRpcClient]:
    with served.client("admin") as made:
        yield made
