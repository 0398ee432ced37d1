"""Mutual TLS of the embedded transport, with certificates made for the test."""

import asyncio
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from corda_sim.core.errors import CordaError
from corda_sim.node.messaging.embedded import EmbeddedTransport
from corda_sim.node.messaging.settings import EmbeddedSettings
from corda_sim.node.messaging.sockets import PeerCheck, TlsContexts
from corda_sim.node.messaging.transport import Backoff, Delivery, Parcel, PeerAddress


def certificate(directory: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def contexts(own: Path, trusted: Path, check: PeerCheck | None = None) -> TlsContexts:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.verify_mode = ssl.CERT_REQUIRED
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    for context in (server, client):
        context.load_cert_chain(own)
        context.load_verify_locations(trusted)
    return TlsContexts(server, client, lambda _: "peer.corda.net", check)


def transport(name: str, tls: TlsContexts, endpoints: tuple[str, ...] = ()) -> EmbeddedTransport:
    inboxes = frozenset({f"p2p.inbound.{name}"})
    fast = Backoff(0.01, 0.02)
    return EmbeddedTransport(
        EmbeddedSettings(name, b"n" * 32, inboxes, endpoints, 1000, backoff=fast, tls=tls)
    )


def delivered(sender: EmbeddedTransport, receiver: EmbeddedTransport) -> bool:
    """Whether a pack arrives and is confirmed within a second."""
    confirmed: list[bool] = []

    def take(delivery: Delivery) -> None:
        receiver.ack([delivery.tag])

    async def scenario() -> None:
        await receiver.start(take)
        address = PeerAddress("O=B, L=London, C=GB", "B", f"tls://127.0.0.1:{receiver.port}")
        sender.publish(address, Parcel(b"x", "A", False, "1"), lambda: confirmed.append(True))
        for _ in range(50):
            if confirmed:
                break
            await asyncio.sleep(0.02)
        await sender.stop()
        await receiver.stop()
        await asyncio.sleep(0.05)

    asyncio.run(scenario())
    return bool(confirmed)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return certificate(tmp_path, "a"), certificate(tmp_path, "b")


LISTEN = ("tls://127.0.0.1:0",)


def test_both_sides_show_certificates(pair: tuple[Path, Path]) -> None:
    a, b = pair
    seen: list[str] = []
    checked = contexts(a, b, lambda _, name: seen.append(name))
    assert delivered(transport("A", checked), transport("B", contexts(b, a), LISTEN))
    assert seen == ["O=B, L=London, C=GB"]


def test_a_client_that_is_not_trusted_is_cut_off(pair: tuple[Path, Path]) -> None:
    a, b = pair
    assert not delivered(transport("A", contexts(a, b)), transport("B", contexts(b, b), LISTEN))


def test_a_server_that_fails_the_check_gets_nothing(pair: tuple[Path, Path]) -> None:
    a, b = pair

    def refuse(_: ssl.SSLObject, name: str) -> None:
        raise CordaError(f"not {name}")

    check: Callable[[ssl.SSLObject, str], None] = refuse
    receiver = transport("B", contexts(b, a), LISTEN)
    assert not delivered(transport("A", contexts(a, b, check)), receiver)
    assert receiver.counters.received == 0
