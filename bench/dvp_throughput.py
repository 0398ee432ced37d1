"""`bench dvp throughput`: many DvPs, some of them under way at a time, on real processes.

Coins are split and tokens approved beforehand. Within the time measured are the offers' terms, both
signatures, and all until Corda has committed the end. What has settled is counted on both chains.
"""

import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from bench.dvp_latency import WARM_UP, warm
from bench.machine import Machine
from bench.processes import cpu_ms
from corda_sim.core.errors import CordaError
from corda_sim.testing.dvp_demo.corda_side import BUYERS_BANK, SELLER, SELLERS_BANK
from corda_sim.testing.dvp_demo.offer import PRICE, propose
from corda_sim.testing.dvp_demo.quorum_side import BUYER
from corda_sim.testing.dvp_demo.rig import Rig
from corda_sim.testing.dvp_demo.set_up import ChainChoice

WORKERS: Final = 16
"""How many offers are made at a time: each waits for the buyer's node."""
PATIENCE_SECONDS: Final = 120.0
"""Without any DvP that ends, those under way count as failed."""
EXPIRES_IN: Final = 3_600
_LONG_POLL_SECONDS: Final = 1.0
_POLL_SECONDS: Final = 0.05


class SettledUnevenly(CordaError):
    """What has moved on one chain hasn't on the other."""


@dataclass(frozen=True, slots=True)
class ThroughputFigures:
    """DvPs a second and seconds of each, from its terms to Corda's commit of its end.

    `cpu_ms` is for a DvP, by process; `failures` are counted by what was raised.
    """

    tier: str
    blocks: str
    count: int
    settled: int
    failures: Mapping[str, int]
    per_second: float
    p50_s: float
    p95_s: float
    cpu_ms: Mapping[str, float]
    before: Machine
    after: Machine


class Traffic:
    """DvPs under way, `at_once` at most; safe to share between threads."""

    def __init__(self, rig: Rig, at_once: int) -> None:
        self._rig = rig
        self._free = threading.Semaphore(at_once)
        self._lock = threading.Lock()
        self._began: dict[str, float] = {}
        self._stopped = threading.Event()
        self.seconds: list[float] = []
        self.failures = Counter[str]()
        self.last_end = time.monotonic()

    def drive(self, tokens: Iterable[int]) -> float:
        """Settle all; seconds from the first offer to the last end."""
        follower = threading.Thread(target=self._follow)
        follower.start()
        began = time.monotonic()
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(self._begin, tokens))
        while self._began and time.monotonic() - self.last_end < PATIENCE_SECONDS:
            time.sleep(_POLL_SECONDS)
        self._stopped.set()
        follower.join()
        self.failures += Counter(NothingHappened=len(self._began))
        return self.last_end - began

    def _begin(self, token: int) -> None:
        """Terms and both signatures; the end is told later."""
        self._free.acquire(timeout=PATIENCE_SECONDS)
        began = time.monotonic()
        try:
            terms = propose(self._rig, token, EXPIRES_IN)
            self._note(terms.tx_id.hex(), began)
            self._rig.corda.flow(BUYERS_BANK, "DvpStartFlow", f"start {token}", terms=terms.text)
            self._rig.quorum.send_signature(terms)
        except CordaError as error:
            with self._lock:
                self.failures[type(error).__name__] += 1

    def _note(self, tx_id: str, began: float) -> None:
        with self._lock:
            self._began[tx_id] = began

    def _follow(self) -> None:
        """Note what ends, as the seller's node tells it."""
        client, cursor = self._rig.corda.clients[SELLERS_BANK], ""
        while not self._stopped.is_set():
            told = client.invoke("ibcEvents", since=cursor, wait_seconds=_LONG_POLL_SECONDS)
            cursor = told["cursor"]
            for event in told["events"]:
                if event["type"] == "acknowledge_packet":
                    self._end(event["attributes"]["packet_data_hex"])

    def _end(self, data: str) -> None:
        now = time.monotonic()
        with self._lock:
            ended = next((tx_id for tx_id in self._began if tx_id in data), None)
            if ended is not None:
                self.seconds.append(now - self._began.pop(ended))
                self.last_end = now
                self._free.release()


def run(count: int, at_once: int, choice: ChainChoice) -> ThroughputFigures:
    """Measure. Raises what setting the network up raises."""
    before = Machine.measure()
    with warm(count, choice, states=count + WARM_UP) as (rig, tokens):
        used, traffic = cpu_ms(), Traffic(rig, at_once)
        took = traffic.drive(tokens)
        used = cpu_ms() - used
        settled = _settled(rig, tokens)
    return ThroughputFigures(
        tier=choice.tier,
        blocks=choice.period or "1s",
        count=count,
        settled=settled,
        failures=dict(traffic.failures),
        per_second=round(settled / took, 2),
        p50_s=round(statistics.median(traffic.seconds), 2),
        p95_s=round(statistics.quantiles(traffic.seconds, n=20)[18], 2),
        cpu_ms={name: round(ms / count, 1) for name, ms in used.most_common()},
        before=before,
        after=Machine.measure(),
    )


def _settled(rig: Rig, tokens: Iterable[int]) -> int:
    """How many of these tokens the buyer has; the seller has been paid for as many of them.

    Raises: SettledUnevenly.
    """
    moved = sum(rig.quorum.owner(token) == BUYER for token in tokens)
    paid = rig.corda.balance(SELLERS_BANK, SELLER) // PRICE - WARM_UP
    if moved != paid:
        raise SettledUnevenly(f"{moved} tokens have moved, {paid} were paid for")
    return moved
