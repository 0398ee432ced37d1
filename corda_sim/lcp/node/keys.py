"""Attested enclave keys: the enclave makes them, the attestation service reports them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import msgspec

from corda_sim.ibc.lightclients.lcp.report import parse_report
from corda_sim.ibc.lightclients.lcp.types import RegisterEnclaveKeyMessage
from corda_sim.lcp.enclave.requests import GenerateKey, KeyReport
from corda_sim.lcp.errors import (
    AttestationException,
    EnclaveUnavailableException,
    UnknownEnclaveKeyException,
)
from corda_sim.lcp.node.host import EnclaveHost
from corda_sim.lcp.quoting.quote import Quote
from corda_sim.local.files import write_private

USABLE_SECONDS: Final = 30 * 86_400
"""How long LCP offers a key after its attestation."""
NO_OPERATOR: Final = bytes(20)
_KEY = slice(1, 21)


class AttestedKey(msgspec.Struct, frozen=True):
    """A key with its report; ``attested_at`` in seconds since 1970."""

    address: bytes
    mrenclave: bytes
    attested_at: int
    report: str
    signature: bytes
    signing_cert: bytes


class Attester(Protocol):
    """An attestation service."""

    def attest(self, quote: Quote) -> RegisterEnclaveKeyMessage:
        """The report of a quote."""


@dataclass(frozen=True, slots=True)
class AttestedKeys:
    """The keys in a directory."""

    directory: Path
    host: EnclaveHost
    attester: Attester
    clock: Callable[[], datetime]

    def attest(self, operator: bytes = NO_OPERATOR) -> AttestedKey:
        """Make a key and have it attested. Always a new one, as renewal wants it.

        Raises: AttestationException, LcpRefusedException, LcpUnreachableException.
        """
        answer = self.host.call(GenerateKey(operator))
        if not isinstance(answer, KeyReport):
            raise EnclaveUnavailableException(f"the enclave answered with {type(answer).__name__}")
        address = answer.report_data[_KEY]
        made = self._read(self.attester.attest(self.host.quote(address)))
        if (made.address, made.mrenclave) != (address, self.host.mrenclave):
            raise AttestationException("a report of another key or enclave")
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self._path(address), msgspec.json.encode(made))
        return made

    def available(self) -> tuple[AttestedKey, ...]:
        """Keys that the running enclave holds, attested and not too old, the newest first.

        Raises: EnclaveUnavailableException.
        """
        oldest = self.clock().timestamp() - USABLE_SECONDS
        found = (self.find(bytes.fromhex(path.stem)) for path in self.directory.glob("*.json"))
        usable = (
            one
            for one in found
            if one.mrenclave == self.host.mrenclave
            and one.attested_at > oldest
            and self.host.holds(one.address)
        )
        return tuple(sorted(usable, key=lambda one: (one.attested_at, one.address), reverse=True))

    def find(self, address: bytes) -> AttestedKey:
        """A key by its address. Raises: UnknownEnclaveKeyException."""
        try:
            content = self._path(address).read_bytes()
        except FileNotFoundError as error:
            raise UnknownEnclaveKeyException(f"no attested key {address.hex()}") from error
        try:
            return msgspec.json.decode(content, type=AttestedKey)
        except msgspec.DecodeError as error:
            raise UnknownEnclaveKeyException(f"key {address.hex()} can't be read") from error

    def _path(self, address: bytes) -> Path:
        return self.directory / f"{address.hex()}.json"

    def _read(self, message: RegisterEnclaveKeyMessage) -> AttestedKey:
        report = parse_report(message.report)
        return AttestedKey(
            report.enclave_key,
            report.mrenclave,
            report.attested_at,
            message.report.decode(),
            message.signature,
            message.signing_cert,
        )
