"""`bench payments`: settled payments a second between two parties of a MockNetwork.

One process runs all nodes, so that the figures are those of the code and the disk alone.
"""

import time
from dataclasses import dataclass

from corda_sim.core.contracts import Amount
from corda_sim.testing.mock_network import MockNetwork
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow

COINS = 500


@dataclass(frozen=True, slots=True)
class Throughput:
    """Payments a second, many at once and one after the other, and the processor time of one."""

    per_second: float
    naive_per_second: float
    cpu_us: float


def run(payments: int = 300) -> Throughput:
    """Measure; `payments` of each kind."""
    with MockNetwork() as network:
        payer, payee = network["PartyA"], network["PartyB"].party
        payer.run_flow(CashIssueFlow(Amount.parse("10000000 JPY"), splits=COINS))
        amount = Amount.parse("10 JPY")
        started, used = time.perf_counter(), time.process_time()
        for _ in range(payments):
            payer.start_flow(CashPaymentFlow(amount, recipient=payee))
        network.run_network()
        together, cpu = time.perf_counter() - started, time.process_time() - used
        started = time.perf_counter()
        for _ in range(payments):
            payer.run_flow(CashPaymentFlow(amount, recipient=payee))
        alone = time.perf_counter() - started
    return Throughput(payments / together, payments / alone, cpu / payments * 1e6)
