"""A stablecoin on Corda against a token on GoQuorum, on real processes of both.

What the cases say is not believed: both chains are read here, by SQL and `eth_call`.
"""

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from corda_sim.cli.main import FAILED, run
from corda_sim.testing.dvp_demo.cases import CASES, run_case
from corda_sim.testing.dvp_demo.legs import Part
from corda_sim.testing.dvp_demo.offer import PATIENCE_SECONDS, PRICE
from corda_sim.testing.dvp_demo.report import problems
from corda_sim.testing.dvp_demo.rig import Rig
from corda_sim.testing.dvp_demo.set_up import COINS, QUICK, ChainChoice, opened
from goquorum.bridge_file import BridgeFile
from goquorum.endpoint.addresses import show_address

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]
TOKENS = dict(zip(CASES, range(7, 7 + len(CASES)), strict=True))
OWNER_OF = "0x6352211e"
UNCONSUMED = 0
STATE_ID_SIZE = 32
HELD = """
    SELECT coalesce(sum(cash.pennies), 0) FROM vault_states AS state
    JOIN contract_cash_states AS cash USING (transaction_id, output_index)
    JOIN pk_hash_to_ext_id_map AS key ON key.public_key_hash = cash.owner_key_hash
    JOIN accounts ON accounts.identifier = key.external_id
    WHERE state.state_status = ? AND accounts.name = ?
"""
LOCKS = "SELECT state_status FROM vault_states WHERE contract_state_class_name LIKE '%.CashLock'"


@dataclass
class Site:
    """The running network and its files."""

    directory: Path
    rig: Rig

    def coins(self, node: str, account: str) -> int:
        return int(self._rows(node, HELD, UNCONSUMED, account)[0][0])

    def locks(self, node: str) -> list[int]:
        """The status of every lock that a node has ever seen."""
        return [int(row[0]) for row in self._rows(node, LOCKS)]

    def _rows(self, node: str, sql: str, *values: object) -> list[tuple[int, ...]]:
        file = self.directory / "network" / node / "node.db"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            return database.execute(sql, values).fetchall()

    def owner(self, token: int) -> bytes:
        contract = BridgeFile.read(self.directory / "bridge.json").token
        call = {"to": show_address(contract), "data": OWNER_OF + token.to_bytes(32, "big").hex()}
        return bytes.fromhex(self.rig.quorum.rpc.call("eth_call", call, "latest")[26:])


GETH = os.environ.get("GOQUORUM_GETH")
REAL = pytest.mark.skipif(not GETH, reason="GOQUORUM_GETH names no GoQuorum")


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(QUICK, id="quick"),
        pytest.param(ChainChoice(geth=Path(GETH or "geth")), id="goquorum", marks=REAL),
    ],
)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("dvp")
    with opened(directory, request.param, TOKENS.values(), print) as rig:
        yield Site(directory, rig)
        assert rig.rest() == []
        bridge = ("--bridge", str(directory / "bridge.json"), "--rpc", rig.quorum.rpc.url)
        assert run(["check", str(directory / "network"), *bridge]) == 0


@pytest.mark.parametrize("case", CASES)
def test_both_chains_do_it_or_neither(site: Site, case: str) -> None:
    wanted, token, quorum = CASES[case], TOKENS[case], site.rig.quorum
    had = site.coins("PartyA", "alice"), site.coins("PartyB", "bob")
    locks = len(site.locks("PartyB"))
    assert sum(had) == COINS
    assert site.owner(token) == quorum.seller.address

    done = run_case(site.rig, case, token, print)

    moved = PRICE if wanted.outcome == "committed" else 0
    assert done.outcome == wanted.outcome
    assert (site.coins("PartyA", "alice"), site.coins("PartyB", "bob")) == (
        had[0] - moved,
        had[1] + moved,
    )
    assert site.owner(token) == (quorum.buyer if moved else quorum.seller.address)
    assert UNCONSUMED not in site.locks("PartyB")
    assert len(site.locks("PartyB")) == locks + (case != "unsigned")
    assert list(problems(done)) == []


def test_each_bank_admits_by_itself(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    def said(node: str, *words: str) -> Any:  # noqa: ANN401 - JSON
        place = str(site.directory / "network" / node)
        assert run(["-n", place, "ibc", *words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    (buyers,), (validators,) = said("PartyA", "clients"), said("Validator", "clients")
    assert (buyers["admitted"], validators["admitted"]) == (True, False)
    assert buyers["mrenclave"] == validators["mrenclave"]
    assert len(bytes.fromhex(buyers["state_id"])) == STATE_ID_SIZE
    client = buyers["client"]
    assert said("PartyB", "revoke", client) == {"revoked": client}
    assert not said("PartyB", "clients")[0]["admitted"]
    assert said("PartyB", "admit", client) == {"admitted": client}
    assert said("PartyB", "clients")[0]["admitted"]


def test_a_dvp_by_hand(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """The commands of docs/dvp.md, as each side gives them."""
    directory, quorum = site.directory, site.rig.quorum
    site.rig.relaying.switch("PartyA")
    buyer, seller = (("-n", str(directory / "network" / node)) for node in ("PartyA", "PartyB"))
    rpc = ("--rpc", quorum.rpc.url)
    key = ("--key", str(directory / "seller.key"))
    bridge = BridgeFile.read(directory / "bridge.json")
    nft = ("--nft", show_address(bridge.token))

    def said(*arguments: str) -> Any:  # noqa: ANN401 - JSON
        assert run([*arguments, "--json"]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    owner = show_address(quorum.seller.address)
    said("nft", "mint", "99", *nft, "--to", owner, *rpc, "--key", str(directory / "issuer.key"))
    said("nft", "approve", "99", *nft, "--to", show_address(bridge.transfers), *rpc, *key)
    sides = ("--buyer", "alice", "--seller-account", "bob@PartyB", "--seller", owner)
    ours = ("--buyer-address", show_address(quorum.buyer))
    offer = ("--price", f"{PRICE} JPY", "--token", "99", *nft, "--expires", "10m")
    assert run([*buyer, "dvp", "propose", *sides, *ours, *offer]) == 0
    terms = directory / "terms.json"
    terms.write_text(capsys.readouterr().out)
    tx_id = said(*seller, "dvp", "check", str(terms))["tx_id"]
    assert said(*buyer, "dvp", "start", str(terms))["tx_id"] == tx_id
    signing = ("--terms", str(terms), "--bridge", str(directory / "bridge.json"), *rpc, *key)
    other = "00" * 32
    assert run([*seller, "goquorum", "sign", other, *signing]) == FAILED
    assert "TermsRefused" in capsys.readouterr().err
    said(*seller, "goquorum", "sign", tx_id, *signing)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while said(*seller, "cross", "status", tx_id)["stage"] != "committed":
        assert time.monotonic() < deadline, "it is never settled"
        time.sleep(0.1)
    assert said("nft", "owner", "99", *nft, *rpc)["owner"] == show_address(quorum.buyer)
    assert UNCONSUMED not in site.locks("PartyB")
    ports = {one["port"] for one in said(*seller, "ibc", "channels")}
    assert ports == {"cross", "cross-auth"}


@pytest.mark.slow
def test_the_demo_tells_a_program_what_happened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["demo", "--case", "success", "--directory", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (only,) = told["runs"]
    assert (told["ok"], told["violations"]) == (True, [])
    assert (only["case"], only["outcome"]) == ("success", "committed")
    parts = [leg["part"] for leg in only["legs"]]
    assert {part: parts.count(part) for part in Part} == {"corda": 3, "goquorum": 2, "relay": 3}
    assert all(leg["ms"] >= 0 for leg in only["legs"])
    assert only["before"]["corda"] == {"alice@PartyA": COINS, "bob@PartyB": 0}
    assert only["after"] == {
        "corda": {"alice@PartyA": COINS - PRICE, "bob@PartyB": PRICE},
        "goquorum": {"token 7": "buyer"},
    }
