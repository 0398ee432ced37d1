"""Payments between accounts of two parties over RPC, many at once, and kills while they run."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from corda_sim.node.config import load_config
from corda_sim.node.run_files import node_processes
from corda_sim.node.supervisor import Supervisor
from corda_sim.rpc.client import NodeRpcClient
from corda_sim.rpc.errors import RpcException
from corda_sim.testing.errors import FlowFailed

AT_ONCE = 40
MIN_IN_FLIGHT = 20
"""A kill counts only while at least so many payments are under way."""
_POLL_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment: who asks which node to pay what."""

    client_id: str
    payer: str
    amount: str
    from_account: str
    to_account: str


@dataclass(frozen=True, slots=True)
class Kill:
    """Which node to kill once so many payments are settled."""

    node: str
    after: int


@dataclass
class Load:
    """Runs payments over a network that is up."""

    supervisor: Supervisor
    on_settled: Callable[[], None] = lambda: None
    settled: int = 0
    in_flight: int = 0
    errors: list[str] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: dict[str, NodeRpcClient] = {}

    def client(self, name: str) -> NodeRpcClient:
        """The RPC client of a node, as its first user."""
        with self._lock:
            if name not in self._clients:
                node_dir = self.supervisor.directory / self.supervisor.manifest.node(name).dir
                config = load_config(node_dir)
                user = config.rpc_users[0]
                self._clients[name] = NodeRpcClient(
                    config.rpc_settings.address, user.username, user.password
                )
            return self._clients[name]

    def run_flow(self, node: str, flow: str, client_id: str, /, **arguments: str) -> None:
        """Run a flow to its end. Raises FlowFailed, NodeUnreachableException."""
        outcome = self.client(node).start_flow_until_done(flow, arguments, client_id)
        if outcome.error_type:
            raise FlowFailed(f"{client_id}: {outcome.error_type}: {outcome.error}")

    def settle(self, payments: Iterator[Payment], kills: list[Kill]) -> None:
        """Settle all payments; `errors` and `killed` tell what came of it."""
        over = threading.Event()
        killer = threading.Thread(target=self._kill_all, args=(kills, over))
        killer.start()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(self._settle_one, payments):
                self.on_settled()
        over.set()
        killer.join()

    def _settle_one(self, payment: Payment) -> None:
        with self._lock:
            self.in_flight += 1
        try:
            self.run_flow(
                payment.payer,
                "CashPaymentFlow",
                payment.client_id,
                amount=payment.amount,
                from_account=payment.from_account,
                to_account=payment.to_account,
            )
        except (FlowFailed, RpcException) as error:
            self.errors.append(str(error))
        finally:
            with self._lock:
                self.in_flight -= 1
                self.settled += 1

    def _kill_all(self, kills: list[Kill], over: threading.Event) -> None:
        for kill in kills:
            while self.settled < kill.after or self.in_flight < MIN_IN_FLIGHT:
                if over.is_set():
                    return
                time.sleep(_POLL_SECONDS)
            self._kill(kill.node)
            self.killed.append(kill.node)

    def _kill(self, name: str) -> None:
        node_dir = self.supervisor.directory / self.supervisor.manifest.node(name).dir
        for process in node_processes(node_dir):
            process.send(signal.SIGKILL)
            while process.is_alive():
                time.sleep(_POLL_SECONDS)
        self.supervisor.up([name])

    def close(self) -> None:
        """End the connections."""
        for client in self._clients.values():
            client.close()
