"""`demo cash`: a stablecoin on real node processes, of which two are killed while they settle."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from corda_sim.invariants import check_directory
from corda_sim.node.network_create import NetworkRequest, create_network
from corda_sim.node.supervisor import Supervisor
from corda_sim.testing.demo_report import CURRENCY, DemoReport, DemoRun, Figures
from corda_sim.testing.driver import reload_at_every_suspend
from corda_sim.testing.figures import await_quiet
from corda_sim.testing.load import MIN_IN_FLIGHT, Kill, Killed, Load, Payment
from notary.seat import set_up_notary

ACCOUNTS = {"PartyA": ("alice", "amalia"), "PartyB": ("bernard", "beatrice")}
ISSUED, COINS, FUNDED = 1_000_000, 200, 250_000
_FUNDING_PAYMENTS = 50


@dataclass(frozen=True, slots=True)
class CashDemo:
    """What to run: in `directory`, else in a temporary place that is removed when all went well.

    `reload` sets reloadCheckpointAfterSuspend on every node.
    """

    payments: int
    directory: Path | None = None
    request: NetworkRequest = field(default_factory=NetworkRequest)
    reload: bool = False

    def run(self, console: Console, errors: Console) -> DemoReport:
        """Make a network, settle payments through two kills, check the invariants, stop it.

        Raises what creating and starting a network raise.
        """
        os.environ.setdefault("PYTHONHASHSEED", "random")
        scratch = None if self.directory else Path(tempfile.mkdtemp(prefix="corda-sim-demo-"))
        base = self.directory or (scratch or Path()) / "network"
        console.print(f"Making a network in {base}", soft_wrap=True)
        is_done = False
        try:
            report = self._run(base, console, errors)
            is_done = report.ok
        except KeyboardInterrupt:
            is_done = True
            raise
        finally:
            if scratch is not None and is_done:
                _remove(base, scratch)
        if scratch is None or not report.ok:
            console.print(f"The network is in {base}: corda-sim network up", soft_wrap=True)
        return report

    def _run(self, base: Path, console: Console, errors: Console) -> DemoReport:
        with self._network(base, console) as supervisor:
            run = _settle(supervisor, self.payments, console)
        run.violations += map(str, check_directory(supervisor.directory))
        run.tell(console)
        for problem in run.problems:
            errors.print(problem, highlight=False, markup=False, soft_wrap=True)
        return run.report()

    @contextmanager
    def _network(self, base: Path, console: Console) -> Iterator[Supervisor]:
        create_network(base, self.request, set_up_notary)
        if self.reload:
            reload_at_every_suspend(base)
        supervisor = Supervisor(base)
        names = ", ".join(node.name for node in supervisor.manifest.nodes)
        console.print(f"Starting {names}", soft_wrap=True)
        try:
            supervisor.up()
            yield supervisor
        finally:
            supervisor.down()


def _remove(network: Path, scratch: Path) -> None:
    if network.exists():
        Supervisor(network).destroy(yes=True)
    shutil.rmtree(scratch, ignore_errors=True)


def _settle(supervisor: Supervisor, payments: int, console: Console) -> DemoRun:
    load = Load(supervisor)
    node_dirs = [supervisor.directory / node.dir for node in supervisor.manifest.nodes]
    times = {"PartyB": payments // 4, "Notary": payments // 2}
    kills = [Kill(node, after, "Notary") for node, after in times.items()]
    try:
        console.print(f"Issuing {2 * ISSUED:,} {CURRENCY}; PartyB is paid a quarter of it")
        _prepare(load)
        before = _balances(load)
        started = time.monotonic()
        _pay(load, payments, kills, console)
        seconds = round(time.monotonic() - started, 2)
        calm = await_quiet(node_dirs)
        after, figures = _balances(load), Figures.of(node_dirs)
    finally:
        load.close()
    problems = list(_problems(load, kills, calm=calm))
    failed = len(load.errors)
    return DemoRun(payments, failed, seconds, load.killed, before, after, figures, [], problems)


def _pay(load: Load, payments: int, kills: Sequence[Kill], console: Console) -> None:
    columns = (TextColumn("Payments"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=payments)

        def tell(killed: Killed) -> None:
            progress.console.print(
                f"Killed {killed.node} with {killed.in_flight} payments in flight; "
                f"it was ready again after {killed.seconds:.1f} s"
            )

        load.on_settled, load.on_killed = (lambda: progress.advance(task)), tell
        load.settle(_payments(payments), kills)


def _problems(load: Load, kills: Sequence[Kill], *, calm: bool) -> Iterator[str]:
    yield from (f"failed: {error}" for error in load.errors)
    killed = {one.node for one in load.killed}
    for kill in kills:
        if kill.node not in killed:
            yield f"{kill.node} wasn't killed: there were never {MIN_IN_FLIGHT} payments in flight"
    if not calm:
        yield "The nodes didn't come to rest"


def _prepare(load: Load) -> None:
    """Accounts known to both sides, the coins, and a share of them for PartyB's accounts."""
    for party, other in (("PartyA", "PartyB"), ("PartyB", "PartyA")):
        for name in ACCOUNTS[party]:
            load.run_flow(party, "CreateAccount", f"create {name}", name=name)
            load.run_flow(party, "ShareAccountInfo", f"share {name}", account=name, recipient=other)
    for payer, payee in zip(*ACCOUNTS.values(), strict=True):
        load.run_flow(
            "PartyA",
            "CashIssueFlow",
            f"issue {payer}",
            amount=f"{ISSUED} {CURRENCY}",
            splits=str(COINS),
            validator="Validator",
            to_account=payer,
        )
        load.settle(_funding(payer, payee), [])


def _funding(payer: str, payee: str) -> Iterator[Payment]:
    amount = f"{FUNDED // _FUNDING_PAYMENTS} {CURRENCY}"
    for number in range(_FUNDING_PAYMENTS):
        yield Payment(f"fund {payee} {number}", "PartyA", amount, payer, f"{payee}@PartyB")


def _payments(count: int) -> Iterator[Payment]:
    """Between all pairs of accounts in turn, two of three from PartyA to PartyB."""
    for number in range(count):
        payer, payee = ("PartyB", "PartyA") if number % 3 == 2 else ("PartyA", "PartyB")
        source = ACCOUNTS[payer][number // 2 % 2]
        target = ACCOUNTS[payee][number // 4 % 2]
        amount = f"{1 + number % 23} {CURRENCY}"
        yield Payment(f"pay {number}", payer, amount, source, f"{target}@{payee}")


def _balances(load: Load) -> dict[str, int]:
    found = {}
    for party, names in ACCOUNTS.items():
        for name in names:
            held = load.client(party).invoke("vaultBalance", account=name)
            found[f"{name}@{party}"] = int(held.get(CURRENCY, "0"))
    return found
