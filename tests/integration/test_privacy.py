"""What those who aren't party to a payment can learn of it: nothing.

Databases, logs and everything else in a node's directory are searched as bytes. That the search
finds what is there is shown at the parties to the payments.
"""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import Column, select

from corda_sim.core.contracts import Amount
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.invariants import databases_of
from corda_sim.invariants.reading import read_node
from corda_sim.node.network_create import NetworkRequest
from corda_sim.node.storage import schema
from corda_sim.node.storage.database import SqlStorage
from corda_sim.testing.demo import ACCOUNTS, CashDemo
from corda_sim.testing.driver import Driver
from corda_sim.testing.errors import FlowFailed
from flows.accounts.create import CreateAccount
from flows.accounts.share import ShareAccountInfo
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from tests.conftest import REPOSITORY
from tests.integration.thief import AskForTransaction

pytestmark = pytest.mark.integration

SECRET = Amount.parse("7213546879 JPY")
ALICE, BOB = "alice-of-the-north", "bob-of-the-south"
PRIVATE_NETWORK = NetworkRequest(notary="non-validating")


def column(network: Path, name: str, of: "Column[str] | Column[bytes]") -> set[str | bytes]:
    database = next(one for one in databases_of(network) if one.name == name)
    storage = SqlStorage(database.url)
    try:
        return {row[0] for row in storage.read(select(of))}
    finally:
        storage.close()


def payments(network: Path) -> set[str]:
    """The ids of transactions that consume something."""
    found = next(one for one in databases_of(network) if one.name == "PartyA")
    return {str(tx_id) for tx_id, facts in read_node(found).verified.items() if facts.inputs}


def fresh_keys(network: Path) -> set[bytes]:
    """The keys made for single payments, as they stand in transactions."""
    key = schema.node_our_key_pairs.c.public_key
    found = column(network, "PartyA", key) | column(network, "PartyB", key)
    return {one[-32:] for one in found if isinstance(one, bytes)}


def content_of(network: Path, name: str) -> bytes:
    """Every byte that a node which is down has left on disk."""
    return b"\n".join(f.read_bytes() for f in (network / name).rglob("*") if f.is_file())


def found_in(content: bytes, needles: Iterable[bytes]) -> set[bytes]:
    return {needle for needle in needles if needle in content}


def spellings(tx_id: str) -> set[bytes]:
    return {tx_id.encode(), tx_id.lower().encode(), bytes.fromhex(tx_id)}


def test_after_the_demo_others_hold_no_payment(tmp_path: Path) -> None:
    network = tmp_path / "network"
    quiet = Console(file=io.StringIO())
    demo = CashDemo(400, network, PRIVATE_NETWORK)
    assert demo.run(quiet, quiet).ok

    ids = {spelling for one in payments(network) for spelling in spellings(one)}
    names = {name.encode() for pair in ACCOUNTS.values() for name in pair}
    assert min(map(len, names)) >= 5, "shorter ones stand in random bytes by chance"
    inside = fresh_keys(network) | names

    assert len(payments(network)) == 500  # a hundred to fund accounts, then those asked for
    at_the_payee = found_in(content_of(network, "PartyB"), ids | inside)
    assert len(at_the_payee & ids) >= 500
    assert len(at_the_payee & inside) > 100  # some are cut by the ends of pages
    for name in ("Outsider", "Validator"):
        assert found_in(content_of(network, name), ids) == set(), name
    for name in ("Outsider", "Notary"):
        assert found_in(content_of(network, name), inside) == set(), name


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """A payment of a secret amount between accounts; the outsider has the thief's CorDapp."""
    directory = tmp_path_factory.mktemp("privacy")
    (directory / "thief-1.dist-info").mkdir()
    (directory / "thief-1.dist-info" / "METADATA").write_text("Name: thief\nVersion: 1\n")
    points = "[corda_sim.cordapps]\nthief = tests.integration.thief:cordapp\n"
    (directory / "thief-1.dist-info" / "entry_points.txt").write_text(points)
    with Driver(PRIVATE_NETWORK, directory, environment={"PYTHONHASHSEED": "random"}) as made:
        made.start([name for name in made.names if name != "Outsider"])
        made.environment = {"PYTHONPATH": f"{directory}:{REPOSITORY}"}
        made.start(["Outsider"])
        for party, account, other in (("PartyA", ALICE, "PartyB"), ("PartyB", BOB, "PartyA")):
            made.run(party, CreateAccount(account), "create")
            made.run(party, ShareAccountInfo(account, made.party(other)), "share")
        issue = CashIssueFlow(Amount.parse("10000000000 JPY"), to_account=ALICE)
        made.run("PartyA", issue, "issue")
        pay = CashPaymentFlow(SECRET, from_account=ALICE, to_account=f"{BOB}@PartyB")
        made.run("PartyA", pay, "pay")
        assert made.await_quiet()
        yield made


@pytest.mark.parametrize("host", ["PartyA", "PartyB"])
@pytest.mark.parametrize("kind", ["TRANSACTION", "BATCH_TRANSACTION"])
def test_the_outsider_asks_for_a_known_transaction(driver: Driver, host: str, kind: str) -> None:
    account = ALICE if host == "PartyA" else BOB
    tx_id = SecureHash.parse(*payments(driver.network))
    ask = AskForTransaction(driver.party(host), account, tx_id, kind)

    with pytest.raises(FlowFailed, match=f"IllegalTransactionRequest.*{tx_id}"):
        driver.run("Outsider", ask, f"steal from {host} as {kind}")

    assert driver.await_quiet()
    assert driver.check() == []
    known = column(driver.network, "Outsider", schema.node_transactions.c.tx_id)
    assert str(tx_id) not in known


def test_amount_and_keys_stay_with_the_parties(driver: Driver) -> None:
    """Last: it ends the nodes, so that everything is on disk."""
    keys, amount = fresh_keys(driver.network), SECRET.quantity.to_bytes(8, "big")
    names = {ALICE.encode(), BOB.encode()}
    driver.close()

    at_the_payee = found_in(content_of(driver.network, "PartyB"), {amount, *keys, *names})
    assert at_the_payee >= {amount, *names}
    assert at_the_payee & keys
    for name in ("Notary", "Validator"):
        assert found_in(content_of(driver.network, name), {amount, *keys, *names}) == set(), name
    assert found_in(content_of(driver.network, "Outsider"), {amount}) == set()
