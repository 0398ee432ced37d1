"""An attestation service and enclaves of the tests' own: reports, keys, signed proxy messages."""

import base64
import json
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from coincurve import PrivateKey
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from eth_abi.abi import encode

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from tests.integration.goquorum.wire import message, number, text

DEBUG, PRODUCTION = 0x02, 0x00
MRENCLAVE = bytes(range(32))
UPDATE_STATE, MEMBERSHIP, MISBEHAVIOUR = (bytes((0, 1, 0, n)) + bytes(28) for n in (1, 2, 3))
EMPTY_CONTEXT = bytes(encode(["(bytes32,bytes)"], [(bytes(32), b"")]))
YEAR = timedelta(days=365)


def _name(text_: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text_)])


def certificate(
    subject: str,
    key: rsa.RSAPrivateKey,
    issuer: str,
    issuer_key: rsa.RSAPrivateKey,
    *,
    ends: timedelta = YEAR,
    digest: hashes.SHA256 | hashes.SHA512 | None = None,
) -> bytes:
    """A certificate in DER."""
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(_name(issuer), _name(subject), key.public_key())
    made = made.serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - 2 * YEAR).not_valid_after(now + ends)
    signed = made.sign(issuer_key, digest or hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


@dataclass(frozen=True)
class Attested:
    """A report with its signature and certificate."""

    report: bytes
    signature: bytes
    certificate: bytes

    def message(self, operator_signature: bytes = b"") -> tuple[bytes, ...]:
        """RegisterEnclaveKeyMessage as the light client's function takes it."""
        return (self.report, self.signature, self.certificate, operator_signature)


@dataclass
class AttestationService:
    """Signs reports with a key under a root certificate."""

    root_key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(65537, 3072)
    )
    signing_key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(65537, 2048)
    )

    def __post_init__(self) -> None:
        self.root = certificate("root", self.root_key, "root", self.root_key)
        self.signing = certificate("signing", self.signing_key, "root", self.root_key)

    def sign(self, report: bytes) -> bytes:
        return self.signing_key.sign(report, padding.PKCS1v15(), hashes.SHA256())

    def attest(self, quote: "QuoteFields", **changes: object) -> Attested:
        report = render_report(quote, **changes)
        return Attested(report, self.sign(report), self.signing)


@dataclass(frozen=True)
class QuoteFields:
    """What a quote says."""

    enclave_key: bytes
    mrenclave: bytes = MRENCLAVE
    operator: bytes = bytes(20)
    flags: int = DEBUG
    data_type: int = 1

    def encoded(self) -> str:
        body = bytearray(432)
        body[96] = self.flags
        body[112:144] = self.mrenclave
        body[368:409] = bytes((self.data_type,)) + self.enclave_key + self.operator
        return base64.b64encode(body).decode()


def render_report(quote: QuoteFields, **changes: object) -> bytes:
    """Compact JSON in the order of the attestation service."""
    now = datetime.now(UTC) - timedelta(minutes=5)
    parts: dict[str, object] = {
        "id": "1",
        "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        "version": 4,
        "advisoryURL": "https://security-center.intel.com",
        "advisoryIDs": [],
        "isvEnclaveQuoteStatus": "OK",
        "platformInfoBlob": None,
        "isvEnclaveQuoteBody": quote.encoded(),
    }
    return json.dumps(parts | changes, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Enclave:
    """An enclave's key and what it signs."""

    key: PrivateKey = field(default_factory=PrivateKey)

    @property
    def address(self) -> bytes:
        return address_of(self.key)

    def quote(self, **changes: Any) -> QuoteFields:  # noqa: ANN401 - fields of a quote
        return replace(QuoteFields(self.address), **changes)

    def sign(self, data: bytes) -> bytes:
        return self.key.sign_recoverable(data, hasher=keccak256)


def address_of(key: PrivateKey) -> bytes:
    return keccak256(key.public_key.format(compressed=False)[1:])[12:]


def headered(header: bytes, inner: bytes) -> bytes:
    return bytes(encode(["(bytes32,bytes)"], [(header, inner)]))


def update_state(
    previous: tuple[int, bytes],
    height: int,
    state_id: bytes,
    *,
    timestamp: int | None = None,
    context: bytes = EMPTY_CONTEXT,
    emitted: bool = False,
) -> bytes:
    """A signed update, as the enclave's client would make it; heights of revision 0."""
    time_ns = time.time_ns() if timestamp is None else timestamp
    states = [((0, height), b"state")] if emitted else []
    kinds = (
        "((uint64,uint64),bytes32,(uint64,uint64),bytes32,uint128,bytes,((uint64,uint64),bytes)[])"
    )
    values = ((0, previous[0]), previous[1], (0, height), state_id, time_ns, context, states)
    return headered(UPDATE_STATE, bytes(encode([kinds], [values])))


def membership(
    path: bytes, value: bytes, height: int, state_id: bytes, prefix: bytes = b"ibc"
) -> bytes:
    """A statement on a path; `value` is the hash, zeros for absence."""
    kinds = "(bytes,bytes,bytes32,(uint64,uint64),bytes32)"
    inner = encode([kinds], [(prefix, path, value, (0, height), state_id)])
    return headered(MEMBERSHIP, bytes(inner))


def misbehaviour(previous: list[tuple[int, bytes]]) -> bytes:
    kinds = "(((uint64,uint64),bytes32)[],bytes,bytes)"
    states = [((0, height), state_id) for height, state_id in previous]
    return headered(MISBEHAVIOUR, bytes(encode([kinds], [(states, EMPTY_CONTEXT, b"evidence")])))


def proofs(statement: bytes, *signatures: bytes) -> bytes:
    """CommitmentProofs: what the light client takes as a proof."""
    return bytes(encode(["(bytes,bytes[])"], [(statement, list(signatures))]))


def trusting_period(untrusted: int, trusted: int, period: int, drift: int) -> bytes:
    """A validation context; all in nanoseconds."""
    words = b"".join(part.to_bytes(16, "big") for part in (untrusted, trusted, period, drift))
    return bytes(encode(["(bytes32,bytes)"], [(bytes((0, 1)) + bytes(30), words)]))


@dataclass(frozen=True)
class ClientStateFields:
    """ibc.lightclients.lcp.v1.ClientState; `height` and `more` are encoded already."""

    mrenclave: bytes = MRENCLAVE
    key_expiration: int = 604_800
    frozen: int = 0
    height: bytes = b""
    statuses: tuple[str, ...] = ()
    advisories: tuple[str, ...] = ()
    operators: tuple[bytes, ...] = ()
    nonce: int = 0
    threshold: tuple[int, int] = (1, 1)
    more: bytes = b""

    def encoded(self) -> bytes:
        body = text(1, self.mrenclave) + number(2, self.key_expiration) + number(3, self.frozen)
        body += message(4, self.height)
        body += b"".join(message(5, status.encode()) for status in self.statuses)
        body += b"".join(message(6, advisory.encode()) for advisory in self.advisories)
        body += b"".join(message(7, operator) for operator in self.operators)
        body += number(8, self.nonce) + number(9, self.threshold[0]) + number(10, self.threshold[1])
        return body + self.more


def client_state(**changes: Any) -> bytes:  # noqa: ANN401 - fields of a client state
    """A client state in its Any."""
    body = ClientStateFields(**changes).encoded()
    return text(1, "/ibc.lightclients.lcp.v1.ClientState") + text(2, body)


EMPTY_CONSENSUS = text(1, "/ibc.lightclients.lcp.v1.ConsensusState")


def consensus_state(state_id: bytes, timestamp: int) -> bytes:
    body = text(1, state_id) + number(2, timestamp)
    return text(1, "/ibc.lightclients.lcp.v1.ConsensusState") + text(2, body)
