"""The path checks accept the certificates that a running Corda 4.10 made."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from corda_sim.core.identity import CordaX500Name
from corda_sim.node.cert_chain import validate_identity_path
from corda_sim.node.cert_errors import CertificateException
from corda_sim.node.cert_view import CertificateView

VECTORS = Path(os.environ.get("CORDA_SIM_VECTORS", "../shared/vectors")) / "corda/p2p"

pytestmark = pytest.mark.vectors


def certificates(blob: bytes) -> Iterator[bytes]:
    position = blob.find(b"\x30\x82")
    while position >= 0:
        der = blob[position : position + int.from_bytes(blob[position + 2 : position + 4]) + 4]
        try:
            CertificateView.parse(der)
            yield der
        except CertificateException:
            pass
        position = blob.find(b"\x30\x82", position + 1)


def test_cordas_own_identity_path_validates() -> None:
    if not VECTORS.is_dir():
        pytest.skip(f"no vectors at {VECTORS}: set CORDA_SIM_VECTORS")
    path = tuple(certificates((VECTORS / "PartyA.nodeInfo").read_bytes()))
    key = CertificateView.parse(path[-1]).public_key
    name = CordaX500Name.parse("O=PartyA, L=London, C=GB")
    now = datetime(2026, 12, 1, tzinfo=UTC)
    assert len(validate_identity_path(path, path[0], now, name, key).certificates) == 4
