"""`bench payments`: settled payments between two parties of a MockNetwork.

One process runs all nodes over SQLite files, so that the figures are those of the code and the disk
alone; the naive rate is the same payments one after the other, a commit for each step.
"""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.machine import fsync_us, verify_us
from corda_sim.core.contracts import Amount
from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow.effects import FlowEnded
from corda_sim.node import collector
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow

COINS = 500
SHARED_VERIFICATIONS = 2
"""The payer's signature is verified by notary and payee; here they are one process with the payer,
which knows it as its own. As processes of their own they would verify it, once each."""
AMOUNT = Amount.parse("10 JPY")


@dataclass(frozen=True, slots=True)
class PaymentFigures:
    """Rates in payments a second, CPU in microseconds a payment, latencies in milliseconds.

    `cpu_us` is what the process used, and `SHARED_VERIFICATIONS`. `commits`, `messages` and `rows`
    are for one payment, over all nodes.
    """

    per_second: float
    cpu_us: float
    verify_us: float
    fsync_us: float
    p50_ms: float
    p99_ms: float
    commits: float
    messages: float
    rows: float
    naive_per_second: float


@dataclass(slots=True)
class Tally:
    """Commits and rows of all nodes."""

    commits: int = 0
    rows: int = 0
    latencies: list[float] = field(default_factory=list)

    def watch(self, node: MockNode) -> None:
        """Count what the node commits from now on."""
        commit = node.storage.commit

        def counted(batches: Sequence[WriteBatch], *, epoch: int | None) -> list[Exception | None]:
            self.commits += 1
            self.rows += sum(len(batch.ops) for batch in batches)
            return commit(batches, epoch=epoch)

        node.storage.commit = counted  # type: ignore[method-assign]


def run(payments: int = 500) -> PaymentFigures:
    """Measure; `payments` of each kind."""
    verify_before = verify_us()
    with MockNetwork() as network:
        payer = network["PartyA"]
        payer.run_flow(CashIssueFlow(Amount.parse("10000000 JPY"), splits=COINS))
        # The issue's chain is fetched once by payee and notary, not by every payment at once.
        payer.run_flow(CashPaymentFlow(AMOUNT, recipient=network["PartyB"].party))
        collector.settle()
        tally = Tally()
        for node in network.nodes.values():
            tally.watch(node)
        sent = network.bus.sent
        began, used = time.perf_counter(), time.process_time()
        _pay_together(network, payments, tally)
        together, cpu = time.perf_counter() - began, time.process_time() - used
        messages = network.bus.sent - sent
        commits, rows = tally.commits, tally.rows
        alone = _pay_one_by_one(network, payments)
    verify = min(verify_before, verify_us())
    return PaymentFigures(
        per_second=round(payments / together, 1),
        cpu_us=round(cpu / payments * 1e6 + SHARED_VERIFICATIONS * verify, 1),
        verify_us=round(verify, 1),
        fsync_us=round(fsync_us(), 1),
        p50_ms=round(statistics.median(tally.latencies), 1),
        p99_ms=round(statistics.quantiles(tally.latencies, n=100)[98], 1),
        commits=round(commits / payments, 3),
        messages=round(messages / payments, 2),
        rows=round(rows / payments, 2),
        naive_per_second=round(payments / alone, 1),
    )


def _pay_together(network: MockNetwork, payments: int, tally: Tally) -> None:
    payer, payee = network["PartyA"], network["PartyB"].party
    began = time.perf_counter()

    def note(_: FlowEnded) -> None:
        tally.latencies.append((time.perf_counter() - began) * 1000)

    for _ in range(payments):
        flow = payer.start_flow(CashPaymentFlow(AMOUNT, recipient=payee))
        payer.room.when_ended(flow.flow_id, note)
    network.run_network()


def _pay_one_by_one(network: MockNetwork, payments: int) -> float:
    payer, payee = network["PartyA"], network["PartyB"].party
    began = time.perf_counter()
    for _ in range(payments):
        payer.run_flow(CashPaymentFlow(AMOUNT, recipient=payee))
    return time.perf_counter() - began
