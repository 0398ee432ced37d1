"""Contract attachments: code identified by its hash and signed apart from it.

An attachment's id is the SHA-256 of its archive; signatures are detached, so that signing does not
change the id (Corda signs inside the jar; net.corda.core.contracts.ContractAttachment).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from corda_sim.core.contracts.archive import contract_names, read_archive
from corda_sim.core.crypto.crypto import decode_public_key, sign, verify
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import KeyPair, PublicKey
from corda_sim.core.errors import DecodeError, SignatureException
from corda_sim.core.serialization import PLATFORM, serializable

DEPLOYED_CORDAPP_UPLOADER = "app"
RPC_UPLOADER = "rpc"
P2P_UPLOADER = "p2p"
UNKNOWN_UPLOADER = "unknown"
TRUSTED_UPLOADERS = frozenset((DEPLOYED_CORDAPP_UPLOADER, RPC_UPLOADER))
_DOMAIN = b"corda-sim attachment signature\x00"


@serializable("corda.AttachmentSignature", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class AttachmentSignature:
    """One detached signature over an attachment's id."""

    by: PublicKey
    signature: bytes

    def verify(self, attachment_id: SecureHash) -> None:
        """Raises: SignatureException when this does not sign ``attachment_id``."""
        verify(self.by, self.signature, _DOMAIN + attachment_id)


def sign_attachment(content: bytes, key_pair: KeyPair) -> AttachmentSignature:
    """Sign an archive by its id."""
    data = _DOMAIN + SecureHash.sha256(content)
    return AttachmentSignature(key_pair.public, sign(key_pair.private, data))


def signatures_to_json(attachment_id: SecureHash, signatures: Iterable[AttachmentSignature]) -> str:
    """The text of a ``.sig`` file that lies beside its archive."""
    entries = [{"by": s.by.encoded.hex(), "signature": s.signature.hex()} for s in signatures]
    return json.dumps({"attachment": str(attachment_id), "signatures": entries}, indent=1) + "\n"


def signatures_from_json(text: str, attachment_id: SecureHash) -> tuple[AttachmentSignature, ...]:
    """Read a ``.sig`` file and verify what it holds.

    Raises: DecodeError when it is malformed, SignatureException when it is for another attachment
    or a signature is wrong.
    """
    try:
        document = json.loads(text)
        named = SecureHash.parse(document["attachment"])
        found = tuple(
            AttachmentSignature(
                decode_public_key(bytes.fromhex(one["by"])), bytes.fromhex(one["signature"])
            )
            for one in document["signatures"]
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DecodeError(f"not an attachment signature file: {error}") from error
    if named != attachment_id:
        raise SignatureException(f"signatures of attachment {named}, not of {attachment_id}")
    for signature in found:
        signature.verify(attachment_id)
    return found


@dataclass(frozen=True, slots=True)
class ContractAttachment:
    """An attachment with the contracts in it and the keys that signed it.

    ``uploader`` says how it came here; only ``TRUSTED_UPLOADERS`` make it importable.
    """

    id: SecureHash
    content: bytes
    contracts: tuple[str, ...]
    signers: tuple[PublicKey, ...]
    uploader: str = UNKNOWN_UPLOADER
    signatures: tuple[AttachmentSignature, ...] = ()

    @classmethod
    def of(
        cls,
        content: bytes,
        signatures: Iterable[AttachmentSignature] = (),
        uploader: str = UNKNOWN_UPLOADER,
    ) -> "ContractAttachment":
        """Read an archive without running it.

        Raises: DecodeError when it is no archive of Python modules in normal form,
        SignatureException when a signature is wrong.
        """
        attachment_id = SecureHash.sha256(content)
        signed = tuple(signatures)
        for signature in signed:
            signature.verify(attachment_id)
        signers = tuple(sorted({s.by for s in signed}, key=lambda key: key.encoded))
        contracts = contract_names(read_archive(content))
        return cls(attachment_id, content, contracts, signers, uploader, signed)

    @property
    def size(self) -> int:
        """Bytes of the archive."""
        return len(self.content)

    @property
    def is_trusted(self) -> bool:
        """Whether the operator put it here (net.corda.core.internal.isUploaderTrusted)."""
        return self.uploader in TRUSTED_UPLOADERS
