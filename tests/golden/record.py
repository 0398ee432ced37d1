"""Records the journals of the library's flows: `python tests/golden/record.py` rewrites them.

Only after a deliberate change of a flow: the files stand for flows that run in the field.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corda_sim.core.contracts import Amount
from corda_sim.core.write_batch import Insert, WriteBatch
from corda_sim.flow.journal import decode_journal
from corda_sim.node.cordapps import contract_packages, installed_cordapps
from corda_sim.node.packaging import build_cordapp_archive
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.accounts.create import CreateAccount
from flows.accounts.keys import RequestKeyForAccount
from flows.accounts.queries import (
    AccountInfoByKey,
    AccountInfoByName,
    AccountInfoByUUID,
    AccountsForHost,
    AllAccounts,
    OurAccounts,
)
from flows.accounts.share import RequestAccountInfo, ShareAccountInfo
from flows.accounts.states import ShareStateAndSyncAccounts, ShareStateWithAccount
from flows.cash.exit import CashExitFlow
from flows.cash.issue import CashIssueFlow
from flows.cash.issue_and_payment import CashIssueAndPaymentFlow
from flows.cash.payment import CashPaymentFlow
from flows.recovery import RecoverTransactionsFlow
from notary.hosting import HostedNotary
from notary.witness import AskWitnessFlow

DIRECTORY = Path(__file__).parent / "journals"
ARCHIVES = Path(__file__).parent / "cordapps"
"""The contracts that were deployed then: journals name transactions, whose ids cover them."""
KINDS = ("validating", "non-validating")
Journal = dict[str, Any]


def listen(node: MockNode, into: dict[str, Journal]) -> None:
    """Collect the journal rows that the node commits, by flow."""
    real = node.storage.commit

    def commit(batches: Sequence[WriteBatch], *, epoch: int | None) -> list[Exception | None]:
        for batch in batches:
            for op in batch.ops:
                if isinstance(op, Insert) and op.table.startswith("node_flow_"):
                    _note(op, into)
        return real(batches, epoch=epoch)

    node.storage.commit = commit  # type: ignore[method-assign]


def _note(op: Insert, into: dict[str, Journal]) -> None:
    data = op.row.get("data")
    if isinstance(data, bytes):
        kind = "steps" if op.table == "node_flow_journal" else "messages"
        into[str(op.row["flow_id"])][kind].append(data.hex())


def make_network(*, validating: bool) -> MockNetwork:
    """The network in which the journals were recorded; its validator signs cash."""
    archives = [file.read_bytes() for file in sorted(ARCHIVES.glob("*.zip"))]
    network = MockNetwork(seed=20260101, validating_notary=validating, archives=archives)
    validator = network["Validator"]
    validator.spec.settings["validator"]["allow"] = ["corda_sim.cash.Cash"]
    validator.restart()
    return network


def play(network: MockNetwork) -> None:
    """One of each: cash, accounts, and what their other sides, validator and notary do."""
    _play_cash(network)
    _play_accounts(network)
    notary = network["Notary"]
    hosted = notary.hub.cordapp_services[HostedNotary]
    assert isinstance(hosted, HostedNotary)
    notary.run_flow(AskWitnessFlow(network["PartyA"].party, hosted.instance_id))
    _play_sharing(network)
    _play_look_ups(network)
    network["PartyA"].run_flow(
        CashIssueAndPaymentFlow(Amount.parse("4 GBP"), network["PartyB"].party)
    )


def _play_cash(network: MockNetwork) -> None:
    a, b, validator = (network[name] for name in ("PartyA", "PartyB", "Validator"))
    a.run_flow(CashIssueFlow(Amount.parse("100 JPY")))
    a.run_flow(CashPaymentFlow(Amount.parse("10 JPY"), b.party))
    a.run_flow(CashPaymentFlow(Amount.parse("10 JPY"), b.party, anonymous=True))
    a.run_flow(CashExitFlow(Amount.parse("5 JPY")))
    b.run_flow(CashPaymentFlow(Amount.parse("3 JPY"), a.party))
    b.run_flow(CashIssueFlow(Amount.parse("7 EUR"), validator=validator.party))


def _play_accounts(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    a.run_flow(CreateAccount("alice"))
    b.run_flow(CreateAccount("bob"))
    a.run_flow(ShareAccountInfo("alice", b.party))
    a.run_flow(RequestAccountInfo("bob", b.party))
    a.run_flow(RequestKeyForAccount("bob@PartyB"))
    a.run_flow(OurAccounts())


def _play_sharing(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    state = str(a.run_flow(CashIssueFlow(Amount.parse("2 USD"))).tx.out_ref(0).ref)
    a.run_flow(ShareStateWithAccount(state, "bob@PartyB"))
    a.run_flow(ShareStateAndSyncAccounts(state, b.party))
    a.run_flow(RecoverTransactionsFlow(b.party))


def _play_look_ups(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    a.run_flow(AllAccounts())
    a.run_flow(AccountsForHost(b.party))
    (bob,) = a.run_flow(AccountInfoByName("bob"))
    a.run_flow(AccountInfoByUUID(bob.state.data.identifier.id))
    key = a.run_flow(RequestKeyForAccount("bob@PartyB"))
    a.run_flow(AccountInfoByKey(key.owning_key))


def record(network: MockNetwork) -> dict[str, Journal]:
    """The journals of one play, by node and flow class; the first of each class at a node."""
    found: dict[str, Journal] = {}
    heard: dict[str, defaultdict[str, Journal]] = {
        name: defaultdict(_empty) for name in network.nodes
    }
    for name, node in network.nodes.items():
        listen(node, heard[name])
    play(network)
    for name, journals in heard.items():
        for flow_id, rows in journals.items():
            journal = decode_journal(flow_id, 0, [bytes.fromhex(rows["steps"][0])], [])
            key = f"{name}-{journal.start.flow_class}"
            found.setdefault(key, {"node": name, "flow_id": flow_id, **rows})
    return found


def _empty() -> Journal:
    return {"steps": [], "messages": []}


def main() -> None:
    """Write the archives, and the journals in a folder for each kind of notary."""
    for package in contract_packages(installed_cordapps()):
        (ARCHIVES / f"{package}.zip").write_bytes(build_cordapp_archive(package))
    for kind in KINDS:
        (DIRECTORY / kind).mkdir(exist_ok=True, parents=True)
        with make_network(validating=kind == KINDS[0]) as network:
            for key, journal in record(network).items():
                file = DIRECTORY / kind / f"{key}.json"
                file.write_text(json.dumps(journal, indent=1) + "\n")


if __name__ == "__main__":
    main()
