"""The platform: it starts an enclave, measures it, gives it its sealing key, and quotes it."""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from corda_sim.lcp.enclave.requests import KeyReport, Launch, Ready, ReportKey
from corda_sim.lcp.errors import EnclaveNotMeasuredException, EnclaveUnavailableException
from corda_sim.lcp.quoting.measurement import ROOT, enclave_files, mapped_files, measure
from corda_sim.lcp.quoting.process import EnclaveProcess
from corda_sim.lcp.quoting.quote import Quote, quote_body
from corda_sim.local.files import read_or_make

_PLATFORM_KEY = "platform.key"
_SEALING = b"corda-sim simulated enclave, sealing key"
_KEY_SIZE = 32


@dataclass(frozen=True, slots=True)
class MeasuredEnclave:
    """A running enclave, and what the platform measured of it."""

    process: EnclaveProcess
    mrenclave: bytes
    keys: tuple[bytes, ...]


class QuotingService:
    """Holds the platform's key, in a file of mode 0600 that is made where there is none."""

    def __init__(self, directory: Path, root: Path = ROOT) -> None:
        self._directory, self._root = directory, root
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        secret = read_or_make(directory / _PLATFORM_KEY, _new_key)
        self._secret = secret
        self._key = Ed25519PrivateKey.from_private_bytes(secret)

    @property
    def platform(self) -> bytes:
        """The platform's public key: 32 bytes, to be registered with the attestation service."""
        return self._key.public_key().public_bytes_raw()

    def start(self) -> MeasuredEnclave:
        """Start the enclave; state and sealing key are those of its measurement on this platform.

        Raises: EnclaveNotMeasuredException, EnclaveUnavailableException, EnclaveRefusedException.
        """
        before = enclave_files(self._root)
        hashed = measure(before)
        process = EnclaveProcess.start(self._root)
        try:
            return self._launch(process, before, hashed)
        except BaseException:
            process.stop()
            raise

    def _launch(
        self, process: EnclaveProcess, files: dict[str, Path], hashed: bytes
    ) -> MeasuredEnclave:
        process.await_loaded()
        mrenclave = measure(files | mapped_files(process.pid, files))
        if measure(enclave_files(self._root)) != hashed:
            raise EnclaveNotMeasuredException("files of the enclave changed while it started")
        directory = self._directory / mrenclave.hex()
        directory.mkdir(mode=0o700, exist_ok=True)
        answer = process.call(Launch(str(directory), self._sealing_key(mrenclave)))
        if not isinstance(answer, Ready):
            raise EnclaveUnavailableException(f"the enclave answered with {type(answer).__name__}")
        return MeasuredEnclave(process, mrenclave, answer.keys)

    def quote(self, enclave: MeasuredEnclave, signer: bytes) -> Quote:
        """The quote of one of the enclave's keys; its report data comes from the enclave itself.

        Raises: EnclaveUnavailableException, EnclaveRefusedException for an unknown key.
        """
        answer = enclave.process.call(ReportKey(signer))
        if not isinstance(answer, KeyReport):
            raise EnclaveUnavailableException(f"the enclave answered with {type(answer).__name__}")
        body = quote_body(enclave.mrenclave, answer.report_data)
        return Quote(body, self.platform, self._key.sign(body))

    def _sealing_key(self, mrenclave: bytes) -> bytes:
        return HKDF(SHA256(), _KEY_SIZE, mrenclave, _SEALING).derive(self._secret)


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes_raw()
