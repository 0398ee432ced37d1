"""Payments between accounts of two parties over RPC, many at once, and kills while they run."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from corda_sim.core.errors import CordaError
from corda_sim.node.run_files import NodeProcess, node_processes
from corda_sim.node.supervisor import Supervisor
from corda_sim.rpc.client import NodeRpcClient
from corda_sim.testing.errors import FlowFailed
from corda_sim.testing.node_clients import NodeClients

AT_ONCE = 100
MIN_IN_FLIGHT = 20
"""A kill counts only while at least so many payments are under way."""
_POLL_SECONDS = 0.005
_GATHERED = 2 * MIN_IN_FLIGHT
_GATHER_SECONDS = 10.0


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
    """Which node to kill once so many payments are settled, and the notary they wait for."""

    node: str
    after: int
    notary: str


@dataclass(frozen=True, slots=True)
class Killed:
    """A kill that happened: the payments in flight then, and the seconds until ready again."""

    node: str
    in_flight: int
    seconds: float


@dataclass
class Load:
    """Runs payments over a network that is up; the callbacks come from threads of its own."""

    supervisor: Supervisor
    on_settled: Callable[[], None] = lambda: None
    on_killed: Callable[[Killed], None] = lambda _: None
    settled: int = 0
    errors: list[str] = field(default_factory=list)
    killed: list[Killed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._clients = NodeClients(self.supervisor)
        self._in_flight: set[str] = set()

    @property
    def in_flight(self) -> int:
        """Flows of which the node has committed the start and told no outcome."""
        return len(self._in_flight)

    def client(self, name: str) -> NodeRpcClient:
        """The RPC client of a node, as its first user."""
        return self._clients[name]

    def run_flow(self, node: str, flow: str, client_id: str, /, **arguments: str) -> None:
        """Run a flow to its end. Raises FlowFailed, NodeUnreachableException."""

        def taken(_flow_id: str, _path: Sequence[str]) -> None:
            self._in_flight.add(client_id)

        call = self.client(node).start_flow_until_done
        try:
            outcome = call(flow, arguments, client_id, on_progress=taken)
        finally:
            self._in_flight.discard(client_id)
        if outcome.error_type:
            raise FlowFailed(f"{client_id}: {outcome.error_type}: {outcome.error}")

    def settle(self, payments: Iterator[Payment], kills: Sequence[Kill]) -> None:
        """Settle all payments; `errors` and `killed` tell what came of it.

        Interrupted, it waits for those in flight and begins no others.
        """
        over = threading.Event()
        killer = threading.Thread(target=self._kill_all, args=(kills, over))
        killer.start()
        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            for one in [pool.submit(self._settle_one, payment) for payment in payments]:
                one.result()
        finally:
            over.set()
            pool.shutdown(cancel_futures=True)
            killer.join()

    def _settle_one(self, payment: Payment) -> None:
        try:
            self.run_flow(
                payment.payer,
                "CashPaymentFlow",
                payment.client_id,
                amount=payment.amount,
                from_account=payment.from_account,
                to_account=payment.to_account,
            )
        except CordaError as error:
            self.errors.append(f"{type(error).__name__}: {error}")
        finally:
            with self._lock:
                self.settled += 1
            self.on_settled()

    def _kill_all(self, kills: Sequence[Kill], over: threading.Event) -> None:
        for kill in kills:
            while self.settled < kill.after or not self._gather(kill.notary):
                if over.wait(_POLL_SECONDS):
                    return
            killed = self._kill(kill.node)
            self.killed.append(killed)
            self.on_killed(killed)

    def _gather(self, notary: str) -> bool:
        """Hold the notary until payments wait for it, then let it work; if enough are in flight.

        On a network that settles them as fast as they are asked for there would be too few.
        """
        processes = self._processes(notary)
        try:
            for process in processes:
                process.send(signal.SIGSTOP)
            _poll(lambda: self.in_flight >= _GATHERED, _GATHER_SECONDS)
        finally:
            for process in processes:
                process.send(signal.SIGCONT)
        return self.in_flight >= MIN_IN_FLIGHT

    def _kill(self, name: str) -> Killed:
        in_flight, began = self.in_flight, time.monotonic()
        for process in self._processes(name):
            process.send(signal.SIGKILL)
            while process.is_alive():
                time.sleep(_POLL_SECONDS)
        self.supervisor.up([name])
        return Killed(name, in_flight, time.monotonic() - began)

    def _processes(self, name: str) -> Sequence[NodeProcess]:
        return node_processes(self._clients.directory(name))

    def close(self) -> None:
        """End the connections."""
        self._clients.close()


def _poll(condition: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)
