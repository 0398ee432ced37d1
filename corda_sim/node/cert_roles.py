"""What a certificate is for: Corda's roles, who may issue which, and the profile of each.

Source: Corda's `CertRole` and `CertificateType`; the bytes are those of a running Corda 4.10.
"""

from dataclasses import dataclass
from enum import IntEnum

ROLE_OID = "1.3.6.1.4.1.50530.1.1"


class CertRole(IntEnum):
    """The value of the role extension, an ASN.1 integer."""

    DOORMAN_CA = 1
    NETWORK_MAP = 2
    SERVICE_IDENTITY = 3
    NODE_CA = 4
    TLS = 5
    LEGAL_IDENTITY = 6
    CONFIDENTIAL_LEGAL_IDENTITY = 7
    NETWORK_PARAMETERS = 8

    def der(self) -> bytes:
        """The extension's value: DER INTEGER."""
        return bytes((2, 1, self.value))

    def may_be_issued_by(self, parent: "CertRole | None") -> bool:
        """Whether a certificate of this role may hang below `parent` (`None` is the root)."""
        return parent in _VALID_PARENTS[self]


_VALID_PARENTS: dict[CertRole, frozenset[CertRole | None]] = {
    CertRole.DOORMAN_CA: frozenset({None}),
    CertRole.NETWORK_MAP: frozenset({None}),
    CertRole.NETWORK_PARAMETERS: frozenset({None}),
    CertRole.SERVICE_IDENTITY: frozenset({CertRole.DOORMAN_CA}),
    CertRole.NODE_CA: frozenset({CertRole.DOORMAN_CA}),
    CertRole.TLS: frozenset({CertRole.DOORMAN_CA, CertRole.NODE_CA}),
    CertRole.LEGAL_IDENTITY: frozenset({CertRole.DOORMAN_CA, CertRole.NODE_CA}),
    CertRole.CONFIDENTIAL_LEGAL_IDENTITY: frozenset({CertRole.LEGAL_IDENTITY}),
}

CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
ANY_USAGE = "2.5.29.37.0"


@dataclass(frozen=True, slots=True)
class CertificateProfile:
    """The extensions that a kind of certificate carries; `key_usage` is the DER BIT STRING."""

    role: CertRole | None
    is_ca: bool
    key_usage: bytes
    extended_key_usage: tuple[str, ...]


_CA_USAGE = bytes.fromhex("03020186")
_IDENTITY_USAGE = bytes.fromhex("03020284")
_TLS_USAGE = bytes.fromhex("030203a8")
_SIGN_USAGE = bytes.fromhex("03020780")
_ALL_PURPOSES = (SERVER_AUTH, CLIENT_AUTH, ANY_USAGE)

ROOT = CertificateProfile(None, True, _CA_USAGE, _ALL_PURPOSES)
DOORMAN = CertificateProfile(CertRole.DOORMAN_CA, True, _CA_USAGE, _ALL_PURPOSES)
NODE_CA = CertificateProfile(CertRole.NODE_CA, True, _CA_USAGE, (CLIENT_AUTH,))
TLS = CertificateProfile(CertRole.TLS, False, _TLS_USAGE, (SERVER_AUTH, CLIENT_AUTH))
LEGAL_IDENTITY = CertificateProfile(CertRole.LEGAL_IDENTITY, True, _IDENTITY_USAGE, (CLIENT_AUTH,))
SERVICE_IDENTITY = CertificateProfile(
    CertRole.SERVICE_IDENTITY, True, _IDENTITY_USAGE, (CLIENT_AUTH,)
)
NETWORK_PARAMETERS = CertificateProfile(
    CertRole.NETWORK_PARAMETERS, False, _SIGN_USAGE, (CLIENT_AUTH,)
)
