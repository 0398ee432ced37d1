"""Half an hour at 80 % of what the network bears, with random kills: nothing grows.

`CORDA_SIM_SOAK_MINUTES` makes it shorter. Payments go both ways, a coin each, so that the vaults
stay as they are. For the last third nobody is killed: over it memory and open files are compared.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from sqlalchemy import Table, func, select

from corda_sim.core.contracts import Amount
from corda_sim.invariants import databases_of
from corda_sim.node.config import load_config, write_config
from corda_sim.node.network_create import NetworkRequest
from corda_sim.node.storage import schema
from corda_sim.node.storage.database import SqlStorage
from corda_sim.testing.driver import Driver
from corda_sim.testing.errors import NodeGone
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow

MINUTES = float(os.environ.get("CORDA_SIM_SOAK_MINUTES", "30"))
SEED = os.environ.get("PYTHONHASHSEED", "random")
pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.timeout(int(MINUTES * 60 + 900)),
]

PARTIES = ("PartyA", "PartyB")
COINS, IN_FLIGHT = 500, 64
COIN = Amount.parse("1 JPY")
LOAD, MEASURED_SECONDS, KILL_EVERY = 0.8, 15.0, 30.0
MEGABYTE = 1024 * 1024
JOURNAL = (
    schema.node_flow_journal,
    schema.node_flow_messages,
    schema.node_outbox,
    schema.node_session_inits,
)


class Figures(NamedTuple):
    """Of one process: resident bytes and open files."""

    memory: int
    files: int

    @classmethod
    def of(cls, pid: int) -> "Figures":
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        return cls(pages * os.sysconf("SC_PAGE_SIZE"), files)


@dataclass
class Load:
    """Payments under way: each is asked for again when its payer has died."""

    driver: Driver
    under_way: deque[tuple[str, str, Future[str]]] = field(default_factory=deque)
    asked: int = 0
    settled: int = 0

    def __post_init__(self) -> None:
        payees = map(self.driver.party, reversed(PARTIES))
        self._flows = {
            payer: CashPaymentFlow(COIN, payee)
            for payer, payee in zip(PARTIES, payees, strict=True)
        }

    def begin(self) -> None:
        payer = PARTIES[self.asked % 2]
        self.asked += 1
        self._ask(payer, f"payment {self.asked}")

    def _ask(self, payer: str, client_id: str) -> None:
        future = self.driver.ask(payer, self._flows[payer], client_id)
        self.under_way.append((payer, client_id, future))

    def look(self) -> None:
        """Take what is settled."""
        for _ in range(len(self.under_way)):
            payer, client_id, future = self.under_way.popleft()
            if not future.done():
                self.under_way.append((payer, client_id, future))
            elif isinstance(future.exception(), NodeGone):
                self._ask(payer, client_id)
            else:
                assert future.result() == ""
                self.settled += 1

    def run(self, seconds: float, rate: float, each: Callable[[], None] = lambda: None) -> float:
        """So many payments a second, as long as not too many are under way; those settled."""
        began, before, begun = time.monotonic(), self.settled, 0
        while (passed := time.monotonic() - began) < seconds:
            while begun < passed * rate and len(self.under_way) < IN_FLIGHT:
                self.begin()
                begun += 1
            self.look()
            each()
            time.sleep(0.002)
        return (self.settled - before) / seconds

    def finish(self) -> None:
        while self.under_way:
            self.look()
            time.sleep(0.01)


@dataclass
class Killer:
    """Kills a random node every now and then."""

    driver: Driver
    random: Random
    kills: int = 0
    due: float = field(default_factory=lambda: time.monotonic() + KILL_EVERY)

    def __call__(self) -> None:
        if time.monotonic() < self.due:
            return
        self.driver.restart(self.random.choice(self.driver.names))
        self.kills += 1
        self.due = time.monotonic() + KILL_EVERY


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[Driver]:
    request = NetworkRequest(validator=False, outsider=False)
    with Driver(request, tmp_path, environment={"PYTHONHASHSEED": "random"}) as made:
        for name in made.names:
            keep_few_transactions(made.network / name)
        made.start()
        for name in PARTIES:
            issue = CashIssueFlow(Amount.parse(f"{COINS} JPY"), splits=COINS)
            made.run(name, issue, f"issue of {name}")
        yield made


def keep_few_transactions(node_dir: Path) -> None:
    """Else half an hour is needed to fill the cache, which looks like growth."""
    config = load_config(node_dir)
    write_config(node_dir, config.model_copy(update={"transaction_cache_size_mega_bytes": 8}))


def figures(driver: Driver) -> dict[str, Figures]:
    return {name: Figures.of(node.process.pid) for name, node in driver.running.items()}


def rows(driver: Driver, tables: tuple[Table, ...]) -> dict[str, int]:
    """Rows of all nodes together, by table."""
    found = dict.fromkeys((table.name for table in tables), 0)
    for database in databases_of(driver.network):
        storage = SqlStorage(database.url)
        for table in tables:
            (row,) = storage.read(select(func.count()).select_from(table))
            found[table.name] += int(row[0])
        storage.close()
    return found


def test_nothing_grows(driver: Driver, capsys: pytest.CaptureFixture[str]) -> None:
    load, third = Load(driver), MINUTES * 20
    load.run(MEASURED_SECONDS, 1e9)  # until all is loaded and the coins are known to both
    rate = LOAD * load.run(MEASURED_SECONDS, 1e9)
    killer = Killer(driver, Random(SEED))
    load.run(2 * third, rate, killer)

    load.run(third / 2, rate)
    before = figures(driver)
    reached = load.run(third / 2, rate)
    after = figures(driver)
    load.finish()

    with capsys.disabled():
        print(f"\n{load.settled} payments, {rate:.0f}/s wanted, {reached:.0f}/s at the end,")
        print(f"{killer.kills} kills (PYTHONHASHSEED={SEED}), {before=}, {after=}")
    assert driver.await_quiet()
    assert driver.check() == []
    assert set(rows(driver, JOURNAL).values()) == {0}
    for name, figure in after.items():
        assert figure.memory < 1.1 * before[name].memory + 16 * MEGABYTE, name
        assert figure.files <= before[name].files + 8, name
