"""A member whose identity key is on secp256r1, whom the network's doorman lets in."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID, ObjectIdentifier
from msgspec.msgpack import Ext

from tests.integration.hostile.peer import Member, blob, obj

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ROLE, LEGAL_IDENTITY = ObjectIdentifier("1.3.6.1.4.1.50530.1.1"), b"\x02\x01\x06"


@dataclass(frozen=True)
class Curve:
    """`directory` is the network's, with the doorman's key."""

    directory: Path
    name: ClassVar[str] = "O=Curve, L=Rome, C=IT"
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @property
    def spki(self) -> bytes:
        public = self.key.public_key()
        return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, data: bytes, *, high: bool) -> bytes:
        r, s = decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        low = min(s, ORDER - s)
        return encode_dss_signature(r, ORDER - low if high else low)

    def join(self, node: Member) -> None:
        """Show the node an info about us."""
        inner = blob(self._info())
        signed = obj("corda.SignedNodeInfo", inner, [self.sign(inner, high=False)])
        name = f"nodeInfo-{sha256(inner).hexdigest().upper()}"
        infos = node.directory / "additional-node-infos"
        (infos / "new.tmp").write_bytes(blob(signed))
        (infos / "new.tmp").rename(infos / name)

    def _info(self) -> Ext:
        name = obj("corda.X500Name", "Curve", "Rome", "IT")
        party = obj("corda.Party", name, obj("corda.PublicKey", self.spki))
        path = [one.public_bytes(Encoding.DER) for one in self._path()]
        now = time.time_ns() // 1_000_000
        addresses, endpoint = ["localhost:1"], "unix:/nowhere"
        return obj("corda.NodeInfo", addresses, [party], path, 12, now, "", endpoint)

    def _path(self) -> list[x509.Certificate]:
        authority = self.directory / "development-ca"
        pem = (authority / "doorman.pem").read_bytes()
        password = (authority / "password").read_bytes().strip()
        doorman = load_pem_private_key(pem, password)
        assert isinstance(doorman, ec.EllipticCurvePrivateKey)
        above = x509.load_pem_x509_certificates(pem)
        made = self._certificate(above[0], doorman).sign(doorman, hashes.SHA256())
        return [made, *above]

    def _certificate(
        self, above: x509.Certificate, issuer: ec.EllipticCurvePrivateKey
    ) -> x509.CertificateBuilder:
        names = ((NameOID.COUNTRY_NAME, "IT"), (NameOID.LOCALITY_NAME, "Rome"))
        subject = x509.Name(
            [x509.NameAttribute(*pair) for pair in (*names, (NameOID.ORGANIZATION_NAME, "Curve"))]
        )
        by = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder(above.subject, subject, self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(True, None), critical=True)
            .add_extension(by, critical=False)
            .add_extension(x509.UnrecognizedExtension(ROLE, LEGAL_IDENTITY), critical=False)
        )
