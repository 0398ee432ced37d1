"""The signed network parameters in a node's directory (NetworkParametersReader)."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from corda_sim.core.crypto.crypto import decode_public_key
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.signatures import PLATFORM_VERSION
from corda_sim.core.errors import DecodeError, SignatureException
from corda_sim.core.network import NetworkParameters, SignedNetworkParameters
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.write_batch import Row, WriteBatch
from corda_sim.node.cert_chain import validate_path
from corda_sim.node.cert_errors import CertificateException
from corda_sim.node.cert_roles import CertRole
from corda_sim.node.network_errors import NetworkParametersException

PARAMETERS_FILE: Final = "network-parameters"
_SIGNER: Final = frozenset({CertRole.NETWORK_PARAMETERS})


def read_network_parameters(
    node_dir: Path, trust_root: bytes, now: datetime
) -> SignedNetworkParameters:
    """The parameters in NODE_DIR/network-parameters, verified up to the network's root.

    Raises `NetworkParametersException`.
    """
    file = node_dir / PARAMETERS_FILE
    try:
        signed = deserialize(file.read_bytes(), SignedNetworkParameters)
    except OSError as bad:
        raise NetworkParametersException(f"can't read {file}: {bad.strerror}") from bad
    except DecodeError as bad:
        raise NetworkParametersException(f"{file} holds no signed parameters: {bad}") from bad
    verify_network_parameters(signed, trust_root, now)
    return signed


def verify_network_parameters(
    signed: SignedNetworkParameters, trust_root: bytes, now: datetime
) -> NetworkParameters:
    """Check signature, signer's certificate and platform version.

    Raises `NetworkParametersException`.
    """
    try:
        path = validate_path(tuple(reversed(signed.cert_path)), trust_root, now, _SIGNER)
        parameters = signed.verified(decode_public_key(path.leaf.public_key))
    except (CertificateException, SignatureException, DecodeError) as bad:
        raise NetworkParametersException(f"the network parameters are refused: {bad}") from bad
    if parameters.minimum_platform_version > PLATFORM_VERSION:
        raise NetworkParametersException(
            f"the network wants platform version {parameters.minimum_platform_version}, "
            f"this node has {PLATFORM_VERSION}"
        )
    return parameters


def stage_network_parameters(batch: WriteBatch, signed: SignedNetworkParameters) -> None:
    """Keep verified parameters for good: transactions made under them name their hash."""
    leaf, *parents = signed.cert_path
    batch.insert_ignore(
        "node_network_parameters",
        {
            "hash": str(signed.hash),
            "epoch": deserialize(signed.raw, NetworkParameters).epoch,
            "parameters_bytes": signed.raw,
            "signature_bytes": signed.signature,
            "cert": leaf,
            "parent_cert_path": serialize(tuple(parents)),
        },
    )


def load_past_parameters(rows: Iterable[Row]) -> dict[SecureHash, NetworkParameters]:
    """All parameters in the rows of `node_network_parameters`. Raises `DecodeError`."""
    found: dict[SecureHash, NetworkParameters] = {}
    for row in rows:
        raw = row["parameters_bytes"]
        if not isinstance(raw, bytes):
            raise DecodeError("a row of node_network_parameters holds no bytes")
        parameters = deserialize(raw, NetworkParameters)
        found[parameters.hash] = parameters
    return found
