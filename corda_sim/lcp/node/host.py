"""The enclave's host: it starts the process again when it is gone, and asks once more.

What the enclave has answered is sealed before, so that a killed process loses none of it.
"""

import threading

from corda_sim.lcp.enclave.requests import Answer, ReportKey, Request
from corda_sim.lcp.errors import (
    EnclaveRefusedException,
    EnclaveUnavailableException,
    UnknownEnclaveKeyException,
)
from corda_sim.lcp.quoting.quote import Quote
from corda_sim.lcp.quoting.service import MeasuredEnclave, QuotingService


class EnclaveHost:
    """One enclave of a quoting service, for callers of many threads."""

    def __init__(self, quoting: QuotingService) -> None:
        self._quoting = quoting
        self._lock = threading.Lock()
        self._enclave = quoting.start()

    @property
    def mrenclave(self) -> bytes:
        """What was measured of the enclave."""
        return self._enclave.mrenclave

    @property
    def pid(self) -> int:
        """The enclave's process."""
        return self._enclave.process.pid

    def call(self, request: Request) -> Answer:
        """The enclave's answer.

        Raises: EnclaveRefusedException, EnclaveUnavailableException when it can't be restarted or
        is another one now.
        """
        with self._lock:
            try:
                return self._enclave.process.call(request)
            except EnclaveUnavailableException:
                self._restart()
                return self._enclave.process.call(request)

    def holds(self, signer: bytes) -> bool:
        """Whether the enclave has a key. Raises: EnclaveUnavailableException."""
        try:
            self.call(ReportKey(signer))
        except EnclaveRefusedException as error:
            if error.type_name != UnknownEnclaveKeyException.__name__:
                raise
            return False
        return True

    def quote(self, signer: bytes) -> Quote:
        """A quote of one of the enclave's keys. Raises as ``call``."""
        with self._lock:
            try:
                return self._quoting.quote(self._enclave, signer)
            except EnclaveUnavailableException:
                self._restart()
                return self._quoting.quote(self._enclave, signer)

    def stop(self) -> None:
        """End the enclave."""
        self._enclave.process.stop()

    def _restart(self) -> None:
        self._enclave.process.stop()
        started: MeasuredEnclave = self._quoting.start()
        if started.mrenclave != self._enclave.mrenclave:
            started.process.stop()
            raise EnclaveUnavailableException("the enclave's files have changed: start LCP anew")
        self._enclave = started
