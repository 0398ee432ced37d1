"""A running network whose Outsider is dead; tests speak in his name."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.hostile.peer import Member

COMMAND = Path(sys.executable).with_name("corda-sim")
PAYMENT = "corda_sim.cash.CashPaymentFlow"
PATIENCE_SECONDS = 90


def run(*words: str) -> Any:  # noqa: ANN401 - JSON
    answer = subprocess.run((COMMAND, *words, "--json"), capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it didn't come about"
        time.sleep(0.1)


@dataclass
class Network:
    """`victim` is who is lied to."""

    directory: Path

    def member(self, name: str) -> Member:
        return Member(self.directory / name)

    @property
    def me(self) -> Member:
        return self.member("Outsider")

    @property
    def victim(self) -> Member:
        return self.member("PartyA")

    def ask(self, *words: str) -> Any:  # noqa: ANN401 - JSON
        """What a command says to the victim's node."""
        return run("-n", str(self.victim.directory), *words)

    def metrics(self) -> dict[str, float]:
        (run_file,) = (self.victim.directory / "run").glob("*.json")
        health = json.loads(run_file.read_text())["health"]
        with urllib.request.urlopen(f"http://{health}/metrics", timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def refused(self) -> dict[str, float]:
        """How many packs the victim has refused, by reason."""
        pattern = re.compile(r'corda_p2p_packs_refused_total\{reason="(\w+)"\}')
        found = ((pattern.match(name), value) for name, value in self.metrics().items())
        return {match[1]: value for match, value in found if match}

    def flows(self) -> list[dict[str, Any]]:
        return list(self.ask("flow", "list"))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the victim's database holds; quicker than to ask its node, on a busy machine."""
        file = self.victim.directory / "node.db"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            return database.execute(query).fetchall()

    def failures(self) -> list[str]:
        """The types of the errors of the flows in the hospital, in the order of their time."""
        query = "SELECT type FROM node_flow_exceptions ORDER BY timestamp"
        return [str(row[0]).rpartition(".")[2] for row in self.rows(query)]

    def recorded(self) -> set[str]:
        """Ids of the transactions that were verified."""
        rows = self.rows("SELECT tx_id, status FROM node_transactions")
        return {tx_id for tx_id, status in rows if status == "V"}

    def log(self) -> str:
        return (self.victim.directory / "logs/node.log").read_text()


@contextmanager
def running(directory: Path, options: Sequence[str] = ()) -> Iterator[Network]:
    """A network that is made and started, and ends."""
    run("network", "create", str(directory), *options)
    try:
        nodes = {node["name"]: node for node in run("network", "up", str(directory))["nodes"]}
        os.kill(nodes["Outsider"]["pid"], signal.SIGKILL)
        yield Network(directory)
    finally:
        subprocess.run(
            (COMMAND, "network", "down", str(directory)), check=True, capture_output=True
        )
