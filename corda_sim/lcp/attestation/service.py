"""Attesting quotes: reports of version 4, for registered platforms alone (solidity_stack 4.4)."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from corda_sim.ibc.lightclients.lcp.types import RegisterEnclaveKeyMessage
from corda_sim.lcp.attestation.authority import Authority
from corda_sim.lcp.errors import AttestationException, UnknownPlatformException
from corda_sim.lcp.quoting.quote import QUOTE_SIZE, Quote, is_debug
from corda_sim.local.files import write_private

_PLATFORMS: Final = "platforms"
_KEY_SIZE = 32
_ADVISORY_URL = "https://security-center.intel.com"
_ID_SIZE = 16
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%f"


def register_platform(directory: Path, platform: bytes) -> None:
    """Let the service of a directory attest a platform's quotes. Raises: AttestationException."""
    if len(platform) != _KEY_SIZE:
        raise AttestationException(f"a platform's key has {_KEY_SIZE} bytes")
    folder = directory / _PLATFORMS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(folder / platform.hex(), b"")


@dataclass(frozen=True, slots=True)
class AttestationService:
    """An authority with the platforms that are registered in its directory."""

    directory: Path
    authority: Authority
    entropy: Callable[[int], bytes]

    def attest(self, quote: Quote, now: datetime) -> RegisterEnclaveKeyMessage:
        """The report of a quote, as an LCP client takes it.

        Raises: UnknownPlatformException, AttestationException.
        """
        self._require_genuine(quote)
        number = int.from_bytes(self.entropy(_ID_SIZE), "big")
        report = render_report(quote.body, number, now)
        signature = self.authority.sign(report)
        return RegisterEnclaveKeyMessage(report, signature, self.authority.signing)

    def _require_genuine(self, quote: Quote) -> None:
        if not (self.directory / _PLATFORMS / quote.platform.hex()).is_file():
            raise UnknownPlatformException(f"platform {quote.platform.hex()} isn't registered")
        if len(quote.body) != QUOTE_SIZE or not is_debug(quote.body):
            raise AttestationException("not the quote of a simulated enclave")
        try:
            key = Ed25519PublicKey.from_public_bytes(quote.platform)
            key.verify(quote.signature, quote.body)
        except (InvalidSignature, ValueError) as error:
            raise AttestationException("a quote that its platform hasn't signed") from error


def render_report(body: bytes, number: int, now: datetime) -> bytes:
    """Compact JSON with its keys in IAS's order, and six digits of a second."""
    fields = {
        "id": str(number),
        "timestamp": now.astimezone(UTC).strftime(_TIME_FORMAT),
        "version": 4,
        "advisoryURL": _ADVISORY_URL,
        "advisoryIDs": [],
        "isvEnclaveQuoteStatus": "OK",
        "platformInfoBlob": None,
        "isvEnclaveQuoteBody": base64.b64encode(body).decode(),
    }
    return json.dumps(fields, separators=(",", ":")).encode()
