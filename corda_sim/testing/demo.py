"""`demo cash`: a stablecoin on real node processes, of which two are killed while they settle."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from corda_sim.invariants import check_directory
from corda_sim.node.network_create import NetworkRequest, NotarySeat, create_network
from corda_sim.node.supervisor import Supervisor
from corda_sim.testing.figures import await_quiet, metrics_of
from corda_sim.testing.load import Kill, Load, Payment

ACCOUNTS = {"PartyA": ("alice", "amy"), "PartyB": ("bob", "ben")}
CURRENCY = "JPY"
ISSUED, COINS, FUNDED = 1_000_000, 200, 250_000
_ALL_WELL = "Invariants hold: no flow lost, nothing spent twice, value conserved."
_FIGURES = {
    "flows resumed by replay": "corda_flows_replayed_total",
    "messages re-sent": "corda_p2p_messages_resent_total",
    "duplicates dropped": "corda_p2p_messages_duplicate_total",
}


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What `demo cash --json` prints; `seconds` is the time of the payments alone."""

    ok: bool
    payments: int
    killed: list[str]
    resumed: int
    violations: list[str]
    seconds: float


def run_cash_demo(
    payments: int,
    directory: Path | None,
    set_up_notary: Callable[[NotarySeat], None],
    *,
    quiet: bool = False,
) -> DemoReport:
    """Make a network, settle payments through two kills, check the invariants, stop it.

    A network made in a temporary place is removed when all went well. Raises what creating and
    starting a network raise.
    """
    os.environ.setdefault("PYTHONHASHSEED", "random")
    base = directory or Path(tempfile.mkdtemp(prefix="corda-sim-demo-")) / "network"
    console = Console(quiet=quiet)
    console.print(f"Network in {base}")
    create_network(base, NetworkRequest(), set_up_notary)
    supervisor = Supervisor(base)
    try:
        supervisor.up()
        report = _run(supervisor, payments, console)
    finally:
        supervisor.down()
    if directory is None and report.ok:
        shutil.rmtree(base.parent, ignore_errors=True)
    return report


def _run(supervisor: Supervisor, payments: int, console: Console) -> DemoReport:
    load = Load(supervisor)
    try:
        _prepare(load)
        before = _balances(load)
        kills = [Kill("PartyB", payments // 4), Kill("Notary", payments // 2)]
        started = time.monotonic()
        with Progress(console=console) as progress:
            task = progress.add_task("Payments", total=payments)
            load.on_settled = lambda: progress.advance(task)
            load.settle(_payments(payments), kills)
        seconds = round(time.monotonic() - started, 2)
        node_dirs = [supervisor.directory / node.dir for node in supervisor.manifest.nodes]
        calm = await_quiet(node_dirs)
        figures = _figures(node_dirs)
        after = _balances(load)
    finally:
        load.close()
    violations = [str(one) for one in check_directory(supervisor.directory)]
    ok = calm and not (violations or load.errors) and len(load.killed) == len(kills)
    resumed = figures["flows resumed by replay"]
    report = DemoReport(ok, payments - len(load.errors), load.killed, resumed, violations, seconds)
    _tell(console, report, figures, load.errors, before, after)
    return report


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
        amount = f"{FUNDED // 50} {CURRENCY}"
        funding = (
            Payment(f"fund {payee} {n}", "PartyA", amount, payer, f"{payee}@PartyB")
            for n in range(50)
        )
        load.settle(funding, [])


def _payments(count: int) -> Iterator[Payment]:
    """Payments in both directions, between all pairs of accounts in turn."""
    parties = list(ACCOUNTS)
    for number in range(count):
        payer, payee = parties[number % 2], parties[1 - number % 2]
        source = ACCOUNTS[payer][number // 2 % 2]
        target = ACCOUNTS[payee][number // 4 % 2]
        amount = f"{1 + number % 20} {CURRENCY}"
        yield Payment(f"pay {number}", payer, amount, source, f"{target}@{payee}")


def _balances(load: Load) -> dict[str, str]:
    found = {}
    for party, names in ACCOUNTS.items():
        for name in names:
            held = load.client(party).invoke("vaultBalance", account=name)
            found[f"{name}@{party}"] = str(held.get(CURRENCY, "0"))
    return found


def _figures(node_dirs: list[Path]) -> dict[str, int]:
    all_metrics = [metrics_of(node_dir) for node_dir in node_dirs]
    return {
        label: int(sum(metrics.get(name, 0) for metrics in all_metrics))
        for label, name in _FIGURES.items()
    }


def _tell(
    console: Console,
    report: DemoReport,
    figures: dict[str, int],
    errors: list[str],
    before: dict[str, str],
    after: dict[str, str],
) -> None:
    table = Table("Account", "before", "after", title=f"Balances in {CURRENCY}")
    for account, held in before.items():
        table.add_row(account, held, after[account])
    console.print(table)
    console.print(f"{report.payments} payments in {report.seconds} s, killed: {report.killed}")
    for label, value in figures.items():
        console.print(f"{label}: {value}")
    for error in errors[:10]:
        console.print(f"failed: {error}")
    console.print("\n".join(report.violations) or _ALL_WELL)
