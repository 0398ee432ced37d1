"""`dvp`, `cross` and `goquorum sign`: what is asked of the node, and what is never signed."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

from corda_sim.cli import cross, dvp, goquorum_sign
from corda_sim.cli.main import FAILED, UNREACHABLE, USAGE, run
from corda_sim.rpc.client import FlowOutcome
from flows.dvp.terms import Terms
from flows.dvp.terms_types import NamedParty
from tests.unit.flows.dvp.terms import TERMS

NOWHERE = "http://127.0.0.1:9"
KEY = bytes(31) + b"\7"
TX = TERMS.tx_id.hex()
ADDRESSES = {"nft": "0x" + "11" * 20, "buyer": "0x" + "22" * 20, "seller": "0x" + "33" * 20}


class FakeClient:
    """Every flow ends as told; what was started is kept."""

    def __init__(self) -> None:
        self.answer: object = {"tx_id": TX}
        self.started: list[tuple[str, Mapping[str, str]]] = []
        self.error = ""

    def start_flow(self, flow: str, arguments: Mapping[str, str]) -> FlowOutcome:
        self.started.append((flow, arguments))
        return FlowOutcome("f1", self.answer, "", self.error, "refused" if self.error else "")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> FakeClient:
    made = FakeClient()

    @contextmanager
    def connect(_node_dir: Path | None) -> Iterator[FakeClient]:
        yield made

    modules: tuple[ModuleType, ...] = (dvp, cross, goquorum_sign)
    for module in modules:
        monkeypatch.setattr(module, "connect", connect)
    return made


@pytest.fixture
def terms(tmp_path: Path) -> Path:
    file = tmp_path / "terms.json"
    file.write_text(TERMS.text)
    return file


def proposal(**changes: str) -> list[str]:
    options = {
        "price": "100 JPY",
        "token": "7",
        "nft": ADDRESSES["nft"],
        "buyer": "alice@PartyA",
        "buyer-address": ADDRESSES["buyer"],
        "seller": ADDRESSES["seller"],
        "seller-account": "bob@PartyB",
        "expires": "10m",
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return ["dvp", "propose", *(part for item in options.items() for part in _option(item))]


def _option(item: tuple[str, str]) -> tuple[str, str]:
    return f"--{item[0]}", item[1]


def test_propose_prints_the_terms_and_nothing_else(
    client: FakeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    client.answer = TERMS.text
    assert run(proposal()) == 0
    assert Terms.parse(capsys.readouterr().out) == TERMS
    ((flow, given),) = client.started
    assert flow == "DvpProposeFlow"
    assert given == {
        "price": "100 JPY",
        "asset": "11" * 20,
        "token": "7",
        "buyer": "alice@PartyA",
        "buyer_address": "22" * 20,
        "seller": "bob@PartyB",
        "seller_address": "33" * 20,
        "expires_in": "600",
        "calls": "",
        "auth": "",
    }


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", "90"), ("1h", "3600"), ("2 days", "172800"), ("1.5s", "1")]
)
def test_an_offer_lasts_as_long_as_said(client: FakeClient, text: str, seconds: str) -> None:
    client.answer = TERMS.text
    assert run(proposal(expires=text, issuer="Bank")) == 0
    given = client.started[0][1]
    assert (given["expires_in"], given["issuer"]) == (seconds, "Bank")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("expires", "soon"),
        ("expires", "0s"),
        ("expires", "10ms"),
        ("token", "-1"),
        ("token", str(2**256)),
        ("nft", "0x11"),
        ("seller", "bob"),
        ("buyer-address", "0x52908400098527886E0F7030069857D2E4169eE7"),
    ],
)
def test_a_mistyped_term_asks_nothing_of_the_node(
    client: FakeClient, name: str, value: str
) -> None:
    assert run(proposal(**{name: value})) == USAGE
    assert client.started == []


@pytest.mark.parametrize(
    ("command", "flow"), [("start", "DvpStartFlow"), ("check", "DvpCheckFlow")]
)
def test_terms_go_to_the_node_as_they_are(
    client: FakeClient, terms: Path, command: str, flow: str
) -> None:
    assert run(["dvp", command, str(terms), "--json"]) == 0
    assert client.started == [(flow, {"terms": TERMS.text})]


@pytest.mark.parametrize("command", ["start", "check"])
def test_no_terms_ask_nothing_of_the_node(
    client: FakeClient, tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["dvp", command, str(tmp_path / "missing")]) == USAGE
    other = tmp_path / "other.json"
    other.write_text("{}")
    assert run(["dvp", command, str(other)]) == FAILED
    assert capsys.readouterr().err.splitlines()[-1]
    assert client.started == []


# --- cross ---------------------------------------------------------------------------------------


def test_status_asks_for_the_transaction(
    client: FakeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in (TX, TX.upper(), f"0x{TX}"):
        assert run(["cross", "status", text, "--json"]) == 0
    assert client.started == [("CrossStatusFlow", {"tx_id": TX})] * 3
    assert json.loads(capsys.readouterr().out.splitlines()[0]) == {"tx_id": TX}


@pytest.mark.parametrize("text", ["", "zz", TX[:-2], TX + "00"])
def test_no_transaction_id(client: FakeClient, text: str) -> None:
    assert run(["cross", "status", text]) == USAGE
    assert client.started == []


def test_list_shows_all(client: FakeClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.answer = [{"tx_id": TX, "stage": "pending"}]
    assert run(["cross", "list"]) == 0
    assert TX in capsys.readouterr().out
    assert client.started == [("CrossListFlow", {})]


# --- the seller signs ----------------------------------------------------------------------------


@pytest.fixture
def key(tmp_path: Path) -> str:
    file = tmp_path / "key"
    file.write_text(KEY.hex())
    file.chmod(0o600)
    return str(file)


@pytest.fixture(autouse=True)
def bridge(tmp_path: Path) -> Path:
    file = tmp_path / "bridge.json"
    parts = ("handler", "lcp_client", "cross", "auth", "transfers", "token")
    contracts = dict.fromkeys(parts, "0x" + "55" * 20)
    file.write_text(json.dumps({"chain_id": 1, "block": 0, **contracts}))
    return file


def sign(terms: Path, key: str, tx: str = TX) -> int:
    bridge = str(terms.parent / "bridge.json")
    options = ["--terms", str(terms), "--key", key, "--rpc", NOWHERE, "--bridge", bridge]
    return run(["goquorum", "sign", tx, *options])


def test_another_transaction_is_refused_before_any_key_is_read(
    terms: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sign(terms, str(tmp_path / "no key"), tx="00" * 32) == FAILED
    assert "TermsRefused" in capsys.readouterr().err


def test_the_terms_are_shown(terms: Path, key: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert sign(terms, key) == UNREACHABLE
    shown = capsys.readouterr().out
    for part in (TX, "100 JPY", "Big Bank", str(2**256 - 1), "0x" + "33" * 20, "2027-01-15"):
        assert part in shown


def test_a_missing_bridge_file_is_wrong_use(terms: Path, key: str, bridge: Path) -> None:
    bridge.unlink()
    assert sign(terms, key) == USAGE


class FakeSender:
    """An account that must never send."""

    def __init__(self, address: bytes) -> None:
        self.address = address


def test_another_ones_key_signs_nothing(
    terms: Path, key: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def sending(*_: object) -> Iterator[FakeSender]:
        yield FakeSender(TERMS.buyer.address)

    monkeypatch.setattr(goquorum_sign, "sending", sending)
    assert sign(terms, key) == FAILED
    assert f"the seller is 0x{'33' * 20}" in capsys.readouterr().err


def test_the_sellers_node_may_forbid_it(
    client: FakeClient, terms: Path, key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client.error = "TermsRefused"
    bridge = str(terms.parent / "bridge.json")
    options = ["--terms", str(terms), "--key", key, "--rpc", NOWHERE, "--bridge", bridge]
    assert run(["-n", str(tmp_path), "goquorum", "sign", TX, *options]) == FAILED
    assert client.started == [("DvpCheckFlow", {"terms": TERMS.text})]
    assert "TermsRefused: refused" in capsys.readouterr().err


def test_a_party_in_terms_is_the_party() -> None:
    host = TERMS.buyer.host
    assert NamedParty.of(host.party) == host
