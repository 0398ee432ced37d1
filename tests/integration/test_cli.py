"""The commands on a network of real nodes: their documents and how they leave."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from corda_sim.cli.main import run
from corda_sim.core.contracts import StateRef
from corda_sim.node.network_create import NetworkRequest, create_network
from corda_sim.node.supervisor import Supervisor
from notary.seat import set_up_notary

pytestmark = pytest.mark.integration
TRANSACTION = {
    "id",
    "notary",
    "inputs",
    "references",
    "outputs",
    "commands",
    "attachments",
    "signatures",
}
X500 = "O=PartyB, L=London, C=GB"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("cli") / "net"
    create_network(directory, NetworkRequest(), set_up_notary)
    supervisor = Supervisor(directory)
    try:
        supervisor.up()
        yield directory
    finally:
        supervisor.down()


Ask = Callable[..., Any]


@pytest.fixture
def ask(network: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs a command of a node with `--json`: its document, once it left with 0."""

    def asked(node: str, *words: str) -> Any:  # noqa: ANN401 - JSON
        capsys.readouterr()
        code = run(["-n", str(network / node), *words, "--json"])
        captured = capsys.readouterr()
        assert (code, captured.err) == (0, ""), words
        (line,) = captured.out.splitlines()
        return json.loads(line)

    return asked


@pytest.fixture
def refused(network: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs a command that fails: its exit code and what it says on stderr."""

    def asked(node: str, *words: str) -> tuple[int, str]:
        capsys.readouterr()
        code = run(["-n", str(network / node), *words, "--json"])
        return code, capsys.readouterr().err

    return asked


@pytest.fixture(scope="module")
def issued(network: Path) -> None:
    node = ["-n", str(network / "PartyA")]
    words = ["flow", "start", "CashIssueFlow", "amount=100 JPY", "--client-id", "issue"]
    assert run([*node, *words, "--json"]) == 0


Refused = Callable[..., tuple[int, str]]
pay = ("flow", "start", "CashPaymentFlow")


def test_the_status_of_a_network(network: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["network", "status", str(network), "--json"]) == 0
    nodes = json.loads(capsys.readouterr().out)["nodes"]
    assert {node["state"] for node in nodes} == {"ready"}
    for node in nodes:
        os.kill(node["pid"], 0)
        assert node["rpc"].startswith("127.0.0.1:")


@pytest.mark.usefixtures("issued")
def test_a_payment_by_either_name(ask: Ask) -> None:
    for recipient in ("PartyB", X500):
        paid = ask("PartyA", *pay, "amount=1 JPY", f"recipient={recipient}")
        assert set(paid) == {"flow_id", "status", "result", "error"}
        assert (paid["status"], paid["error"]) == ("COMPLETED", None)
        assert set(paid["result"]) == TRANSACTION
        UUID(paid["flow_id"])
        shown = ask("PartyA", "tx", "show", paid["result"]["id"])
        assert shown == paid["result"]
        graph = ask("PartyA", "tx", "graph", paid["result"]["id"])
        assert graph[0]["id"] == shown["id"]
        assert {one for link in graph for one in link["depends_on"]} <= {one["id"] for one in graph}


@pytest.mark.parametrize(
    ("arguments", "code", "texts"),
    [
        (["amount=1 JPY", "recipient=Party"], 2, ["several parties", "PartyA", "PartyB"]),
        (["amount=1 JPY", "recipient=PartyQ"], 2, ["No party is known as 'PartyQ'"]),
        (["amount=1 JPY", "recipient=O=PartyB, L=Paris, C=FR"], 2, ["recipient=O=PartyB"]),
        (["recipient=PartyB"], 2, ["Missing argument amount", "amount=Amount"]),
        (["amont=1 JPY"], 2, ["Unknown argument amont", "[recipient=Party]"]),
        (["amount=one JPY"], 2, ["amount=one JPY", "amount=Amount"]),
        (["amount=9999 JPY", "recipient=PartyB"], 1, ["InsufficientBalanceException: "]),
        (["amount=1 JPY", "to_account=nobody"], 1, ["nobody"]),
        (["amount"], 2, ["isn't of the form name=value"]),
    ],
)
@pytest.mark.usefixtures("issued")
def test_payments_that_are_refused(
    refused: Refused, arguments: list[str], code: int, texts: list[str]
) -> None:
    found, error = refused("PartyA", *pay, *arguments)
    assert found == code
    assert error.partition(": ")[0].endswith("Exception")
    for text in texts:
        assert text in error


def test_an_unknown_flow_suggests_the_nearest(refused: Refused) -> None:
    assert refused("PartyA", "flow", "start", "CashPaymntFlow", "amount=1 JPY") == (
        2,
        "UnknownFlowException: No flow is named CashPaymntFlow. Did you mean CashPaymentFlow?\n",
    )


@pytest.mark.usefixtures("issued")
def test_accounts_by_name_host_and_identifier(ask: Ask, refused: Refused) -> None:
    made = ask("PartyB", "account", "create", "bob")
    assert set(made) == {"name", "host", "identifier"}
    assert ask("PartyB", "account", "share", "bob", "PartyA") == {"shared": "bob", "with": "PartyA"}
    assert made in ask("PartyA", "account", "list")
    for account in ("bob@PartyB", made["identifier"]):
        ask("PartyA", *pay, "amount=2 JPY", f"to_account={account}")
    for account in ("bob", "bob@PartyB", made["identifier"]):
        assert ask("PartyB", "vault", "balance", "--account", account) == {"JPY": "4"}
    code, error = refused("PartyB", "vault", "balance", "--account", "eve")
    assert (code, error.partition(":")[0]) == (1, "AccountNotFoundException")


@pytest.mark.usefixtures("issued")
def test_the_vault_page_by_page(ask: Ask, refused: Refused) -> None:
    for amount in ("3 JPY", "4 JPY"):
        ask("PartyA", *pay, f"amount={amount}", "recipient=PartyB")
    everything = ask("PartyA", "vault", "query", "CashState", "--status", "all")
    assert everything["total"] == len(everything["states"])
    pages = [
        ask("PartyA", "vault", "query", "CashState", "--status", "all", "--page", page,
            "--page-size", "1")
        for page in ("1", "2")
    ]  # fmt: skip
    assert [page["states"] for page in pages] == [[one] for one in everything["states"][:2]]
    consumed = ask("PartyA", "vault", "query", "CashState", "--status", "consumed")
    assert 0 < consumed["total"] < everything["total"]
    assert refused("PartyA", "vault", "query", "CashSate")[0] == 2
    assert refused("PartyA", "vault", "query", "CashState", "--page", "0")[0] == 2


@pytest.mark.usefixtures("issued")
def test_audits(ask: Ask) -> None:
    paid = ask("PartyA", *pay, "amount=1 JPY", "recipient=PartyB")["result"]
    spent = paid["inputs"][0]
    told = ask("Notary", "notary", "audit", spent)
    assert (told["ref"], told["consumed_by"]) == (spent, paid["id"])
    assert [one["transaction_id"] for one in told["requests"]] == [paid["id"]]
    unspent = str(StateRef.parse(f"{paid['id']}(0)"))
    assert ask("Notary", "notary", "audit", unspent)["consumed_by"] is None
    assert ask("Validator", "validator", "audit", spent) == []


@pytest.mark.usefixtures("issued")
def test_a_flow_from_its_start_to_its_kill(network: Path, ask: Ask, refused: Refused) -> None:
    supervisor = Supervisor(network)
    supervisor.down(["PartyB"])
    try:
        started = ask("PartyA", *pay, "amount=1 JPY", "to_account=bob@PartyB", "--no-wait")
        flow_id = started["flow_id"]
        assert started == {
            "flow_id": flow_id, "status": "RUNNABLE", "result": None, "error": None,
        }  # fmt: skip
        assert flow_id in [one["flow_id"] for one in ask("PartyA", "flow", "list")]
        assert ask("PartyA", "flow", "show", flow_id[:13])["sessions"]
        assert ask("PartyA", "flow", "steps", flow_id)[0]["step"] == 1
        told = ask("PartyA", "flow", "explain", flow_id)
        assert set(told) == {"flow", "waits_for", "from", "since", "unblock"}
        assert ask("PartyA", "flow", "pause", flow_id) == {"paused": flow_id}
        assert ask("PartyA", "flow", "explain", flow_id)["unblock"] == "flow resume"
        assert ask("PartyA", "flow", "resume", flow_id) == {"resumed": flow_id}
        assert ask("PartyA", "flow", "kill", flow_id) == {"killed": flow_id}
        code, error = refused("PartyA", "flow", "show", "ffffffff-0000")
        assert (code, error.partition(":")[0]) == (1, "UnknownFlowIdException")
        assert refused("PartyB", "flow", "list")[0] == 3
    finally:
        supervisor.up(["PartyB"])


def test_looking_after_a_node(ask: Ask, refused: Refused) -> None:
    info = ask("PartyA", "node", "info")
    assert info["name"] == "O=PartyA, L=London, C=GB"
    assert X500 in info["peers"]
    assert ask("PartyA", "node", "drain", "on") == {"draining": True}
    assert refused("PartyA", *pay, "amount=1 JPY")[0] == 1
    assert ask("PartyA", "node", "drain", "off") == {"draining": False}
    (process,) = ask("PartyA", "node", "health")
    assert process["state"] == "ready"
    figures = ask("PartyA", "node", "metrics")
    assert figures["corda_flows_draining"] == 0
    assert figures['corda_rpc_calls_total{method="nodeInfo",outcome="ok"}'] >= 1
    versions = ask("PartyA", "db", "current")
    assert ask("PartyA", "db", "upgrade") == versions
    assert all(one["revision"] == one["head"] for one in versions)
    flows = ask("PartyA", "flow", "available")
    assert {"CashIssueFlow", "CashPaymentFlow"} <= {one["flow"] for one in flows}
