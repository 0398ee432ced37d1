"""Packs of a member who lies: a typed refusal each, the node goes on, nothing is recorded."""

import time
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256, sha512

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.integration.hostile.curve import Curve
from tests.integration.hostile.frames import HELLO, PACK, Connection
from tests.integration.hostile.lies import NOBODYS
from tests.integration.hostile.network import PAYMENT, Network, running, until
from tests.integration.hostile.peer import (
    MAGIC,
    SIGNED_PREFIX,
    Member,
    blob,
    honest,
    obj,
    plain,
    sealed,
    session_data,
    session_init,
)

pytestmark = pytest.mark.integration
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with running(tmp_path_factory.mktemp("hostile") / "net") as made:
        yield made
        assert made.recorded() == set()


@pytest.fixture
def me(network: Network) -> Member:
    return network.me


@pytest.fixture
def victim(network: Network) -> Member:
    return network.victim


@pytest.fixture
def line(me: Member, victim: Member) -> Iterator[Connection]:
    made = Connection(me, victim)
    yield made
    made.close()


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
        signature = me.key.sign(SIGNED_PREFIX + raw)
        line.pack(plain([bytes(changed), signature]))
    until(lambda: sum(network.refused().values()) >= before + len(places))
    assert network.flows() == []


def weak_signature(key: Ed25519PrivateKey, data: bytes) -> bytes:
    """One that holds by the equation of RFC 8032, around the point of order 1."""
    half = bytearray(sha512(key.private_bytes_raw()).digest()[:32])
    half[0] &= 248
    half[31] = half[31] & 127 | 64
    point = b"\1" + bytes(31)
    hashed = sha512(point + key.public_key().public_bytes_raw() + data).digest()
    s = int.from_bytes(hashed, "little") * int.from_bytes(half, "little") % GROUP_ORDER
    made = point + s.to_bytes(32, "little")
    key.public_key().verify(made, data)
    return made


def test_a_signature_around_a_point_of_small_order_is_refused(
    network: Network, line: Connection, me: Member, victim: Member
) -> None:
    raw = honest(me, victim, NOBODYS).raw()
    before = network.refused().get("PackSignatureException", 0)
    line.pack(plain([raw, weak_signature(me.key, SIGNED_PREFIX + raw)]))
    until(lambda: network.refused().get("PackSignatureException", 0) == before + 1)
    assert network.flows() == []


def test_a_high_s_is_refused(
    network: Network, line: Connection, me: Member, victim: Member
) -> None:
    curve = Curve(network.directory)
    curve.join(victim)
    true = honest(me, victim, session_data(1, blob("hello")))
    hashed = sha256(curve.spki).digest()
    raw = replace(true, sender=curve.name, sender_key_hash=hashed).raw()
    taken = network.metrics()["corda_p2p_messages_received_total"]
    line.offer(plain([raw, curve.sign(SIGNED_PREFIX + raw, high=False)]))
    until(lambda: network.metrics()["corda_p2p_messages_received_total"] == taken + 1)
    before = network.refused().get("PackSignatureException", 0)
    line.offer(plain([raw, curve.sign(SIGNED_PREFIX + raw, high=True)]))
    until(lambda: network.refused().get("PackSignatureException", 0) == before + 1)
    assert network.metrics()["corda_p2p_messages_received_total"] == taken + 1


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
    assert network.ask("node", "info")["name"] == victim.name


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
    network.ask("flow", "kill", str(kept["flow_id"]))
    until(lambda: network.flows() == [])


def test_nobody_enters_a_session_that_isnt_his(
    network: Network, line: Connection, me: Member, victim: Member
) -> None:
    for session in (1, 7, 2**62):
        pack = honest(me, victim, session_data(session, blob("hello")))
        line.pack(sealed(pack.raw(), me.key))
    assert network.flows() == []


@pytest.mark.parametrize(
    "payload",
    [
        b"rubbish",
        blob(obj("nobody.Knows", 1)),
        MAGIC + b"\x91" * 60_000,
        blob({"a": 1}),
        blob(obj("corda.StateRef", obj("corda.SecureHash", b"short"), 0)),
        blob(obj("corda.SignedTransaction", b"wire", [])),
        blob(obj("corda.Amount", -1, "JPY")),
        blob(obj("corda.Amount", 2**64 - 1, "JPY")),
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
    pack = honest(me, victim, session_init(PAYMENT, payload, time.monotonic_ns()))
    before = network.failures()
    line.pack(sealed(pack.raw(), me.key))
    until(lambda: len(network.failures()) > len(before))
    assert network.failures() == [*before, "FlowPayloadException"]


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
    (process,) = network.ask("node", "health")
    assert (process["state"], process["waits_for"]) == ("ready", "")
    log = network.log()
    assert "Traceback" not in log
    assert str(me.settings["keyStorePassword"]) not in log
