"""`demo cash`: payments on real nodes, some of which are killed on the way."""

import json
import os
import signal
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from corda_sim.invariants.check import check_directory
from corda_sim.node.config import load_config
from corda_sim.node.network_create import NetworkRequest, NotarySeat, create_network
from corda_sim.node.node_files import RUN
from corda_sim.node.supervisor import Supervisor
from corda_sim.rpc.client import FlowOutcome, NodeRpcClient

PARTIES = ("PartyA", "PartyB")
ACCOUNTS = {"PartyA": ("alice", "anna"), "PartyB": ("bob", "boris")}
COINS_PER_ACCOUNT = 100
IN_FLIGHT = 48
KILL_WITH_IN_FLIGHT = 20
ISSUED = 100_000
GIVE_UP_SECONDS = 600.0
COUNTERS = {
    "corda_flows_replayed_total": "resumed",
    "corda_p2p_messages_resent_total": "resent",
    "corda_p2p_messages_duplicate_total": "duplicates",
}


@dataclass
class DemoReport:
    """What `demo cash --json` prints."""

    ok: bool = False
    payments: int = 0
    killed: list[str] = field(default_factory=list)
    resumed: int = 0
    resent: int = 0
    duplicates: int = 0
    violations: list[str] = field(default_factory=list)
    seconds: float = 0.0


def run_cash_demo(
    payments: int,
    directory: Path | None,
    set_up_notary: Callable[[NotarySeat], None],
    *,
    quiet: bool,
) -> DemoReport:
    """Make a network, settle `payments`, kill a party and the notary meanwhile, check everything."""
    console = Console(quiet=quiet)
    with _place(directory) as place:
        console.print(f"A network of five nodes in {place}")
        create_network(place, NetworkRequest(parties=PARTIES), set_up_notary)
        demo = CashDemo(place, payments, console)
        try:
            return demo.run()
        finally:
            demo.close()


@contextmanager
def _place(directory: Path | None) -> Iterator[Path]:
    if directory is not None:
        yield directory
        return
    with tempfile.TemporaryDirectory(prefix="corda-sim-demo-") as made:
        yield Path(made) / "network"


class CashDemo:
    """One run over a network that has just been made."""

    def __init__(self, directory: Path, payments: int, console: Console) -> None:
        self.directory, self.payments, self.console = directory, payments, console
        self.supervisor = Supervisor(directory)
        self.report = DemoReport(payments=payments)
        self.clients: dict[str, NodeRpcClient] = {}
        self._done = 0
        self._lock = threading.Lock()

    def run(self) -> DemoReport:
        """All of it; `ok` when every payment completed and no invariant is broken."""
        began = time.monotonic()
        self.supervisor.up()
        self.clients = {name: self._client(name) for name in PARTIES}
        self._prepare()
        before = self._balances()
        outcomes = self._pay_while_nodes_die()
        failed = [one for one in outcomes if one.error_type]
        self._await_rest()
        self._count()
        after = self._balances()
        self.supervisor.down()
        self.report.violations = [str(one) for one in check_directory(self.directory)]
        self.report.seconds = round(time.monotonic() - began, 1)
        self.report.ok = not failed and not self.report.violations
        self._print(before, after, failed)
        return self.report

    def close(self) -> None:
        """Stop whatever still runs."""
        for client in self.clients.values():
            client.close()
        self.supervisor.down()

    def _client(self, name: str) -> NodeRpcClient:
        config = load_config(self.directory / name)
        user = config.rpc_users[0]
        return NodeRpcClient(config.rpc_settings.address, user.username, user.password)

    def _start(self, node: str, flow: str, client_id: str, **arguments: str) -> FlowOutcome:
        return self.clients[node].start_flow_until_done(flow, arguments, client_id, GIVE_UP_SECONDS)

    # --- preparation --------------------------------------------------------------------------

    def _prepare(self) -> None:
        self.console.print("Accounts, and the stablecoin split into coins beforehand")
        for node, names in ACCOUNTS.items():
            other = next(name for name in PARTIES if name != node)
            for name in names:
                self._start(node, "CreateAccount", f"account-{name}", name=name).get()
                self._start(
                    node, "ShareAccountInfo", f"share-{name}", account=name, recipients=other
                ).get()
        for name in ACCOUNTS["PartyA"]:
            self._issue("PartyA", name)
        for name in ACCOUNTS["PartyB"]:
            self._issue("PartyB", name)

    def _issue(self, node: str, account: str) -> None:
        self._start(
            node,
            "CashIssueFlow",
            f"issue-{account}",
            amount=f"{ISSUED} JPY",
            splits=str(COINS_PER_ACCOUNT),
            validator="Validator",
            to_account=account,
        ).get()

    # --- payments -----------------------------------------------------------------------------

    def _pay_while_nodes_die(self) -> list[FlowOutcome]:
        killer = threading.Thread(target=self._kill_nodes, daemon=True)
        with ThreadPoolExecutor(IN_FLIGHT) as pool, self._progress() as advance:
            killer.start()
            pending = [pool.submit(self._pay, number) for number in range(self.payments)]
            for one in pending:
                one.add_done_callback(lambda done: self._advance(done, advance))
            outcomes = [one.result() for one in pending]
        killer.join(60)
        return outcomes

    @contextmanager
    def _progress(self) -> Iterator[Callable[[], None]]:
        with Progress(console=self.console, transient=True) as bar:
            task = bar.add_task("Payments", total=self.payments)
            yield lambda: bar.advance(task)

    def _advance(self, _: "Future[FlowOutcome]", advance: Callable[[], None]) -> None:
        with self._lock:
            self._done += 1
        advance()

    def _pay(self, number: int) -> FlowOutcome:
        payer, payee = PARTIES[number % 2], PARTIES[(number + 1) % 2]
        source = ACCOUNTS[payer][number // 2 % 2]
        target = ACCOUNTS[payee][number // 4 % 2]
        return self._start(
            payer,
            "CashPaymentFlow",
            f"payment-{number}",
            amount=f"{1 + number % 9} JPY",
            from_account=source,
            to_account=f"{target}@{payee}",
        )

    def _kill_nodes(self) -> None:
        for share, victim in ((0.25, "PartyB"), (0.6, "Notary")):
            while self._done < share * self.payments:
                time.sleep(0.02)
            if self.payments - self._done > KILL_WITH_IN_FLIGHT:
                self._kill(victim)

    def _kill(self, name: str) -> None:
        for status in self.supervisor.status():
            if status.name == name and status.pid is not None:
                os.kill(status.pid, signal.SIGKILL)
        self.report.killed.append(name)
        self.console.print(f"SIGKILL {name} with {IN_FLIGHT} payments in flight; starting it again")
        self.supervisor.up([name])

    # --- afterwards ---------------------------------------------------------------------------

    def _await_rest(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if not any(client.invoke("stateMachinesSnapshot") for client in self.clients.values()):
                return
            time.sleep(0.2)

    def _balances(self) -> dict[str, str]:
        found = {}
        for node, names in ACCOUNTS.items():
            for name in names:
                balance = self.clients[node].invoke("vaultBalance", account=name)
                found[f"{name}@{node}"] = balance.get("JPY", "0")
        return found

    def _count(self) -> None:
        for status in self.supervisor.status():
            for line in _metrics(Path(status.dir)):
                name, _, value = line.partition(" ")
                if name in COUNTERS:
                    key = COUNTERS[name]
                    setattr(self.report, key, getattr(self.report, key) + int(float(value)))

    def _print(
        self, before: dict[str, str], after: dict[str, str], failed: list[FlowOutcome]
    ) -> None:
        table = Table("account", "before", "after")
        for account, balance in before.items():
            table.add_row(account, balance, after[account])
        table.add_row("total", str(_total(before)), str(_total(after)))
        self.console.print(table)
        report = self.report
        self.console.print(
            f"{report.payments} payments in {report.seconds} s, killed {', '.join(report.killed)}; "
            f"{report.resumed} flows resumed by replay, {report.resent} messages re-sent, "
            f"{report.duplicates} duplicates dropped, {len(failed)} failed"
        )
        for one in failed[:5]:
            self.console.print(f"  {one.error_type}: {one.error}", markup=False)
        self.console.print(
            "\n".join(report.violations) or "No flow lost, nothing spent twice, value conserved"
        )


def _total(balances: dict[str, str]) -> int:
    return sum(int(value) for value in balances.values())


def _metrics(node_dir: Path) -> list[str]:
    for file in (node_dir / RUN).glob("*.json"):
        said: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if said["state"] == "ready" and _alive(said["pid"]):
            with urllib.request.urlopen(
                f"http://{said['health']}/metrics", timeout=5
            ) as answer:
                return str(answer.read().decode()).splitlines()
    return []


def _alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
