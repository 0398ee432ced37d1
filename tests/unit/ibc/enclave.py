"""An attestation service and an enclave for tests: real certificates, reports and signatures."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.light_client import Proof
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.signatures import address_of, sign_digest
from corda_sim.ibc.lightclients.lcp.attestation import AttestationRoot
from corda_sim.ibc.lightclients.lcp.client import LcpClient
from corda_sim.ibc.lightclients.lcp.context import Context
from corda_sim.ibc.lightclients.lcp.eip712 import Domain, register_enclave_key_digest
from corda_sim.ibc.lightclients.lcp.messages import (
    NO_STATE_ID,
    CommitmentProofs,
    EmittedState,
    ProxyMessage,
    UpdateState,
    VerifyMembership,
    encode_message,
)
from corda_sim.ibc.lightclients.lcp.types import (
    ClientState,
    ConsensusState,
    RegisterEnclaveKeyMessage,
    UpdateClientMessage,
)
from corda_sim.ibc.moment import NANOS_PER_SECOND, Moment
from corda_sim.ibc.store import MemoryStore

NOW = 1_760_000_000
EXPIRATION = 604_800
MRENCLAVE = b"\x11" * 32
NOBODY = bytes(20)
DOMAIN = Domain(1337, b"\x22" * 20, keccak256(b"\0\1"))
FRESH = ClientState(MRENCLAVE, EXPIRATION)
STATUS = "SW_HARDENING_NEEDED"


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    del name
    return rsa.generate_private_key(65537, 2048)


def certificate(
    subject: str,
    issuer: str,
    *,
    key: str | None = None,
    signed_by: str | None = None,
    years: tuple[int, int] = (2020, 2049),
    algorithm: SHA256 | SHA384 | None = None,
) -> bytes:
    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    builder = x509.CertificateBuilder(
        name(issuer),
        name(subject),
        rsa_key(key or subject).public_key(),
        7,
        datetime(years[0], 1, 1, tzinfo=UTC),
        datetime(years[1], 1, 1, tzinfo=UTC),
    )
    made = builder.sign(rsa_key(signed_by or issuer), algorithm or SHA256())
    return made.public_bytes(Encoding.DER)


def moment(seconds: int) -> Moment:
    return Moment.at(Height(0, 1), seconds * NANOS_PER_SECOND)


def quote_body(
    key: bytes,
    operator: bytes = NOBODY,
    *,
    mrenclave: bytes = MRENCLAVE,
    debug: bool = True,
    version: int = 1,
) -> bytes:
    body = bytearray(432)
    body[96] = 0x07 if debug else 0x05
    body[112:144] = mrenclave
    body[368:409] = bytes((version,)) + key + operator
    return bytes(body)


def report(
    body: bytes, seconds: int = NOW, status: str = "OK", advisories: tuple[str, ...] = ()
) -> bytes:
    instant = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    fields = {
        "id": "1",
        "timestamp": instant,
        "version": 4,
        "advisoryURL": "https://example.org",
        "advisoryIDs": list(advisories),
        "isvEnclaveQuoteStatus": status,
        "platformInfoBlob": None,
        "isvEnclaveQuoteBody": base64.b64encode(body).decode(),
    }
    return json.dumps(fields, separators=(",", ":")).encode()


def registration(text: bytes, operator: bytes | None = None) -> RegisterEnclaveKeyMessage:
    """A report signed by the service, and by an operator whose secret is given."""
    signature = rsa_key("signer").sign(text, padding.PKCS1v15(), SHA256())
    voucher = b"" if operator is None else sign_digest(operator, register_enclave_key_digest(text))
    return RegisterEnclaveKeyMessage(text, signature, certificate("signer", "root"), voucher)


@dataclass
class Enclave:
    """Signs what it is told to."""

    secret: bytes = keccak256(b"enclave")

    @property
    def address(self) -> bytes:
        return address_of(self.secret)

    def sign(self, message: bytes) -> bytes:
        return sign_digest(self.secret, keccak256(message))

    def update(self, message: ProxyMessage) -> AnyMessage:
        raw = encode_message(message)
        return AnyMessage.pack(UpdateClientMessage(raw, (self.sign(raw),)))

    def prove(self, message: ProxyMessage) -> bytes:
        raw = encode_message(message)
        return CommitmentProofs(raw, (self.sign(raw),)).encode()


def state_id(number: int) -> bytes:
    return keccak256(b"state %d" % number)


def step(
    prev: int, post: int, *, context: Context = None, emitted: bool = False, timestamp: int = 0
) -> UpdateState:
    """An update from the state at one height to the next; 0 is no previous state."""
    shown = (EmittedState(Height(0, post), b"any"),) if emitted else ()
    return UpdateState(
        Height(0, prev),
        state_id(prev) if prev else NO_STATE_ID,
        Height(0, post),
        state_id(post),
        timestamp or (NOW - 10 + post) * NANOS_PER_SECOND,
        context,
        shown,
    )


@dataclass
class Client:
    """An LCP client in a store of its own, with a registered enclave unless told otherwise."""

    state: ClientState = FRESH
    enclave: Enclave = field(default_factory=Enclave)
    time: int = NOW
    development: bool = True

    def __post_init__(self) -> None:
        root = AttestationRoot(certificate("root", "root"), self.development)
        self.client = LcpClient(root, DOMAIN)
        self.store = ClientStore(MemoryStore(), "lcp-client-0")
        self.initialise(self.state, ConsensusState())

    def initialise(self, state: ClientState, consensus: ConsensusState) -> Height:
        states = (AnyMessage.pack(state), AnyMessage.pack(consensus))
        return self.client.initialise(self.store, *states, self.now)

    @property
    def now(self) -> Moment:
        return moment(self.time)

    def update(self, message: AnyMessage) -> tuple[Height, ...]:
        return self.client.update(self.store, message, self.now)

    def register(self, msg: RegisterEnclaveKeyMessage | None = None) -> None:
        made = msg or registration(report(quote_body(self.enclave.address)))
        assert self.update(AnyMessage.pack(made)) == ()

    def take(self, message: ProxyMessage) -> tuple[Height, ...]:
        return self.update(self.enclave.update(message))

    def activate(self) -> "Client":
        self.register()
        self.take(step(0, 1, emitted=True))
        return self

    def membership(self, value: bytes, height: int = 1) -> VerifyMembership:
        """What the enclave says of ``some/path``; absence for an empty value."""
        hashed = keccak256(value) if value else bytes(32)
        at = Height(0, height)
        return VerifyMembership(b"ibc", b"some/path", hashed, at, state_id(height))

    def verify(self, data: bytes, value: bytes, height: int = 1, path: str = "some/path") -> None:
        proof = Proof(Height(0, height), b"ibc", data)
        if value:
            self.client.verify_membership(self.store, proof, path, value, self.now)
        else:
            self.client.verify_non_membership(self.store, proof, path, self.now)
