"""Network parameters and node infos, plain and signed (net.corda.core.node)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from corda_sim.core.crypto.crypto import sign, verify
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import KeyPair, PublicKey
from corda_sim.core.errors import IllegalArgumentError, SignatureException
from corda_sim.core.identity import Party
from corda_sim.core.serialization import PLATFORM, deserialize, serializable, serialize

DEFAULT_MAX_MESSAGE_SIZE = 10_485_760
DEFAULT_MAX_TRANSACTION_SIZE = 10_485_760
DEFAULT_EVENT_HORIZON = timedelta(days=30)


@serializable("corda.NotaryInfo", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class NotaryInfo:
    """A notary of the network."""

    identity: Party
    validating: bool


@serializable("corda.NetworkParameters", registry=PLATFORM)
@dataclass(frozen=True)
class NetworkParameters:
    """Rules that all nodes of a network share (net.corda.core.node.NetworkParameters).

    Sizes in bytes. Raises: IllegalArgumentError for values Corda refuses.
    """

    minimum_platform_version: int
    notaries: tuple[NotaryInfo, ...]
    max_message_size: int
    max_transaction_size: int
    modified_time: datetime
    epoch: int
    event_horizon: timedelta = DEFAULT_EVENT_HORIZON

    def __post_init__(self) -> None:
        if self.minimum_platform_version <= 0:
            raise IllegalArgumentError("Minimum platform level must be at least 1")
        if self.epoch <= 0:
            raise IllegalArgumentError("Epoch must be at least 1")
        if self.max_message_size <= 0:
            raise IllegalArgumentError("Maximum message size must be at least 1")
        if self.max_transaction_size <= 0:
            raise IllegalArgumentError("Maximum transaction size must be at least 1")
        if self.event_horizon < timedelta(0):
            raise IllegalArgumentError("Event Horizon must be a positive value")
        if len({notary.identity for notary in self.notaries}) != len(self.notaries):
            raise IllegalArgumentError("Duplicate notary identities")

    @cached_property
    def hash(self) -> SecureHash:
        """SHA-256 of the serialized parameters; transactions carry it."""
        return SecureHash.sha256(serialize(self))

    def is_notary(self, party: Party) -> bool:
        """Whether a party with this key is on the list."""
        return any(notary.identity == party for notary in self.notaries)


@serializable("corda.NodeInfo", registry=PLATFORM)
@dataclass(frozen=True)
class NodeInfo:
    """How to reach a node and who it is (net.corda.core.node.NodeInfo).

    ``addresses`` are ``host:port``; ``cert_path`` holds DER certificates, the leaf first;
    ``serial`` grows with every new info, in milliseconds; ``broker_url`` is the message broker's.

    Raises: IllegalArgumentError without an identity.
    """

    addresses: tuple[str, ...]
    legal_identities: tuple[Party, ...]
    cert_path: tuple[bytes, ...]
    platform_version: int
    serial: int
    broker_url: str = ""
    endpoint: str = ""

    def __post_init__(self) -> None:
        if not self.legal_identities:
            raise IllegalArgumentError("Node should have at least one legal identity")

    @property
    def legal_identity(self) -> Party:
        """The first identity."""
        return self.legal_identities[0]

    @cached_property
    def hash(self) -> SecureHash:
        """SHA-256 of the serialized info."""
        return SecureHash.sha256(serialize(self))


@serializable("corda.SignedNodeInfo", registry=PLATFORM)
@dataclass(frozen=True)
class SignedNodeInfo:
    """A node info with one signature for each legal identity, in their order."""

    raw: bytes
    signatures: tuple[bytes, ...]

    @classmethod
    def sign(cls, info: NodeInfo, *key_pairs: KeyPair) -> "SignedNodeInfo":
        """Sign with the keys of the identities, in their order."""
        raw = serialize(info)
        return cls(raw, tuple(sign(pair.private, raw) for pair in key_pairs))

    @cached_property
    def hash(self) -> SecureHash:
        """SHA-256 of the info's bytes."""
        return SecureHash.sha256(self.raw)

    def verified(self) -> NodeInfo:
        """The info.

        Raises: SignatureException when a signature is missing or wrong (SignedNodeInfo.verified),
        DecodeError when the bytes are no node info.
        """
        info = deserialize(self.raw, NodeInfo)
        identities = info.legal_identities
        if len(self.signatures) < len(identities):
            raise SignatureException(
                f"Missing signatures. Found {len(self.signatures)} expected {len(identities)}"
            )
        if len(self.signatures) > len(identities):
            raise SignatureException(
                f"Extra signatures. Found {len(self.signatures)} expected {len(identities)}"
            )
        for identity, signature in zip(identities, self.signatures, strict=True):
            verify(identity.owning_key, signature, self.raw)
        return info


@serializable("corda.SignedNetworkParameters", registry=PLATFORM)
@dataclass(frozen=True)
class SignedNetworkParameters:
    """Network parameters signed by the network map (SignedDataWithCert<NetworkParameters>).

    ``cert_path`` holds the signer's DER certificates, the leaf first; who reads this from outside
    checks the path and that its key is ``by``.
    """

    raw: bytes
    by: PublicKey
    signature: bytes
    cert_path: tuple[bytes, ...] = ()

    @classmethod
    def sign(
        cls, parameters: NetworkParameters, key_pair: KeyPair, cert_path: tuple[bytes, ...] = ()
    ) -> "SignedNetworkParameters":
        """Sign with the network map's key."""
        raw = serialize(parameters)
        return cls(raw, key_pair.public, sign(key_pair.private, raw), cert_path)

    @cached_property
    def hash(self) -> SecureHash:
        """SHA-256 of the parameters' bytes: the network parameters hash."""
        return SecureHash.sha256(self.raw)

    def verified(self, trusted: PublicKey | None = None) -> NetworkParameters:
        """The parameters; with ``trusted``, the signer must be that key.

        Raises: SignatureException when the signature is wrong or the signer another one,
        DecodeError when the bytes are no parameters.
        """
        if trusted is not None and trusted != self.by:
            raise SignatureException(f"parameters signed by {self.by}, not by {trusted}")
        verify(self.by, self.signature, self.raw)
        return deserialize(self.raw, NetworkParameters)
