"""Packs of a member who lies: a typed refusal each, the node goes on, nothing is recorded."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.integration.hostile.peer import (
    HELLO,
    MAGIC,
    PACK,
    Connection,
    Envelope,
    Member,
    honest,
    obj,
    plain,
    sealed,
    session_data,
    session_init,
)

pytestmark = pytest.mark.integration
COMMAND = Path(sys.executable).with_name("corda-sim")
PAYMENT = "corda_sim.cash.CashPaymentFlow"
PATIENCE_SECONDS = 30
NOBODYS = session_init("nobody.Knows", None)


def run(*words: str) -> Any:  # noqa: ANN401 - JSON
    answer = subprocess.run((COMMAND, *words, "--json"), capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


@dataclass
class Network:
    """A running network; its Outsider is dead, and we speak in his name."""

    directory: Path

    def member(self, name: str) -> Member:
        return Member(self.directory / name)

    def metrics(self) -> dict[str, float]:
        (run_file,) = (self.directory / "PartyA/run").glob("*.json")
        health = json.loads(run_file.read_text())["health"]
        with urllib.request.urlopen(f"http://{health}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def refused(self) -> dict[str, float]:
        """How many packs PartyA has refused, by reason."""
        pattern = re.compile(r'corda_p2p_packs_refused_total\{reason="(\w+)"\}')
        found = ((pattern.match(name), value) for name, value in self.metrics().items())
        return {match[1]: value for match, value in found if match}

    def flows(self) -> list[dict[str, Any]]:
        return list(run("-n", str(self.directory / "PartyA"), "flow", "list"))

    def log(self) -> str:
        return (self.directory / "PartyA/logs/node.log").read_text()


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    directory = tmp_path_factory.mktemp("hostile") / "net"
    run("network", "create", str(directory))
    try:
        nodes = {node["name"]: node for node in run("network", "up", str(directory))["nodes"]}
        os.kill(nodes["Outsider"]["pid"], signal.SIGKILL)
        yield Network(directory)
        balance = run("-n", str(directory / "PartyA"), "vault", "balance")
        assert balance == {}, "something was recorded"
    finally:
        subprocess.run(
            (COMMAND, "network", "down", str(directory)), check=True, capture_output=True
        )


@pytest.fixture
def me(network: Network) -> Member:
    return network.member("Outsider")


@pytest.fixture
def victim(network: Network) -> Member:
    return network.member("PartyA")


@pytest.fixture
def line(me: Member, victim: Member) -> Iterator[Connection]:
    made = Connection(me, victim)
    yield made
    made.close()


def until(condition: Any) -> None:  # noqa: ANN401 - a callable
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it didn't come about"
        time.sleep(0.1)


def lies(me: Member, victim: Member, third: Member) -> dict[str, tuple[Envelope, str]]:
    """Envelopes with one thing wrong, and why each is refused."""
    true = honest(me, victim, NOBODYS)
    return {
        "foreign network": (replace(true, network_id=bytes(32)), "WrongNetworkException"),
        "sent on to a third party": (honest(me, third, NOBODYS), "WrongRecipientException"),
        "in another's name": (
            replace(true, sender=third.name, sender_key_hash=honest(third, me).sender_key_hash),
            "PackSignatureException",
        ),
        "no message": (replace(true, messages=()), "DecodeError"),
        "too many messages": (replace(true, messages=(NOBODYS,) * 33), "DecodeError"),
        "id too long": (replace(true, messages=(("x" * 65, True, NOBODYS[2]),)), "DecodeError"),
    }


LIES = (
    "foreign network",
    "sent on to a third party",
    "in another's name",
    "no message",
    "too many messages",
    "id too long",
)


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_refused_for_good(
    network: Network, line: Connection, me: Member, victim: Member, lie: str
) -> None:
    envelope, reason = lies(me, victim, network.member("PartyB"))[lie]
    before = network.refused().get(reason, 0)
    line.pack(sealed(envelope.raw(), me.key))
    until(lambda: network.refused().get(reason, 0) == before + 1)
    assert network.flows() == []


def test_every_byte_of_a_pack_counts(
    network: Network, line: Connection, me: Member, victim: Member
) -> None:
    """One byte changed anywhere behind the signature: refused, whatever it was.

    But for name and key hash of the sender: who isn't in the network map yet is waited for.
    """
    raw = honest(me, victim, NOBODYS).raw()
    before = sum(network.refused().values())
    named = raw.index(me.name.encode())
    places = [*range(named), *range(named + len(me.name) + 34, len(raw), 7)]
    for place in places:
        changed = bytearray(raw)
        changed[place] ^= 1
        signature = me.key.sign(b"corda-sim/pack/1\0" + raw)
        line.pack(plain([bytes(changed), signature]))
    until(lambda: sum(network.refused().values()) >= before + len(places))
    assert network.flows() == []


@pytest.mark.parametrize(
    "bytes_",
    [
        b"",
        b"\xff" * 100,
        b"\x91" * 100_000,
        plain([b"", b""]),
        plain([b"\x91" * 50_000, b"s" * 64]),
        plain({"raw": b"", "signature": b""}),
    ],
    ids=["nothing", "noise", "nested", "empty", "nested inside", "a map"],
)
def test_what_is_no_pack_is_a_decode_error(
    network: Network, line: Connection, bytes_: bytes
) -> None:
    before = network.refused().get("DecodeError", 0)
    line.pack(bytes_)
    until(lambda: network.refused().get("DecodeError", 0) == before + 1)


def test_an_unsigned_stranger_is_given_up(
    network: Network, line: Connection, victim: Member, me: Member
) -> None:
    """A name that the network map lacks; the node may wait for it, and serves others meanwhile."""
    stranger = replace(honest(me, victim, NOBODYS), sender="O=Mallory, L=London, C=GB")
    key = Ed25519PrivateKey.generate()
    line.offer(sealed(stranger.raw(), key))
    assert run("-n", str(network.directory / "PartyA"), "node", "info")["name"] == victim.name


def test_a_replayed_pack_is_taken_once(
    network: Network, line: Connection, me: Member, victim: Member
) -> None:
    pack = sealed(honest(me, victim, session_init("nobody.Knows", None, 77)).raw(), me.key)
    line.pack(pack)
    until(lambda: len(network.flows()) == 1)
    before = network.metrics()["corda_p2p_messages_received_total"]
    for _ in range(5):
        line.pack(pack)
    until(lambda: network.metrics()["corda_p2p_messages_received_total"] >= before + 5)
    (kept,) = network.flows()
    assert kept["status"] == "SESSION_INIT"
    run("-n", str(network.directory / "PartyA"), "flow", "kill", str(kept["flow_id"]))
    until(lambda: network.flows() == [])


def test_nobody_enters_a_session_that_isnt_his(
    network: Network, line: Connection, me: Member, victim: Member
) -> None:
    for session in (1, 7, 2**62):
        pack = honest(me, victim, session_data(session, MAGIC + plain("hello")))
        line.pack(sealed(pack.raw(), me.key))
    assert network.flows() == []


@pytest.mark.parametrize(
    "payload",
    [
        b"rubbish",
        MAGIC + obj("nobody.Knows", plain(1)),
        MAGIC + b"\x91" * 60_000,
        MAGIC + plain({"a": 1}),
        MAGIC + obj("corda.StateRef", plain(b"short"), plain(0)),
        MAGIC + obj("corda.SignedTransaction", plain(b"wire"), b"\x90"),
        MAGIC + obj("corda.Amount", plain(-1), plain("JPY")),
        MAGIC + obj("corda.Amount", plain(2**64 - 1), plain("JPY")),
        MAGIC + b"\xcd\x00\x05",
    ],
    ids=[
        "rubbish",
        "unknown type",
        "nested",
        "map",
        "broken",
        "no transaction",
        "negative",
        "overflowing",
        "not canonical",
    ],
)
def test_a_responder_that_is_fed_nonsense_ends(
    network: Network, line: Connection, me: Member, victim: Member, payload: bytes
) -> None:
    session = time.monotonic_ns()
    pack = honest(me, victim, session_init(PAYMENT, payload, session))
    before = network.metrics()["corda_flows_started_total"]
    line.pack(sealed(pack.raw(), me.key))
    until(lambda: network.metrics()["corda_flows_started_total"] > before)
    until(lambda: not [flow for flow in network.flows() if flow["status"] == "RUNNABLE"])


@pytest.mark.parametrize(
    "frame",
    [
        b"\xff\xff\xff\xff\x01",
        b"\x00\x00\x00\x00\x01",
        b"\x00\x00\x00\x01\x09",
        b"\x00\x00\x00\x09\x01" + b"\xff" * 8,
        b"\x00\x00\x00\x01" + bytes([HELLO]),
        b"\x00\x00\x00\x03" + bytes([PACK]) + b"\x00\x01",
    ],
    ids=["endless", "empty", "unknown kind", "sequence", "second hello", "short pack"],
)
def test_frames_that_break_the_protocol_end_the_connection(line: Connection, frame: bytes) -> None:
    line.send(frame)
    assert line.ended()


def test_the_node_still_works_and_told_no_secret(network: Network, me: Member) -> None:
    directory = network.directory / "PartyA"
    (process,) = run("-n", str(directory), "node", "health")
    assert (process["state"], process["waits_for"]) == ("ready", "")
    log = network.log()
    assert "Traceback" not in log
    assert str(me.settings["keyStorePassword"]) not in log
