"""Starting the enclave's process and talking to it."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final, Self, cast

from corda_sim.lcp.enclave.channel import LOADED, decode_answer, encode, read_frame
from corda_sim.lcp.enclave.requests import Answer, Refused, Request
from corda_sim.lcp.errors import (
    EnclaveProtocolException,
    EnclaveRefusedException,
    EnclaveUnavailableException,
)
from corda_sim.lcp.quoting.measurement import package_folders

STOP_SECONDS: Final = 5.0


class EnclaveProcess:
    """One process and its channel; one request at a time."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._requests = cast("IO[bytes]", process.stdin)
        self._answers = cast("IO[bytes]", process.stdout)

    @classmethod
    def start(cls, root: Path) -> Self:
        """Start the program under ``root``, without environment, site folders or caches."""
        return cls(
            subprocess.Popen(
                command(root),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={},
                # A signal for the terminal's group isn't the enclave's: it ends with its channel.
                start_new_session=True,
            )
        )

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def await_loaded(self) -> None:
        """Wait until all is imported. Raises: EnclaveUnavailableException."""
        if self._answers.read(1) != LOADED:
            raise EnclaveUnavailableException("the enclave ended while it was loaded")

    def call(self, request: Request) -> Answer:
        """The answer to a request.

        Raises: EnclaveUnavailableException when the process is gone, EnclaveRefusedException.
        """
        frame = encode(request)
        try:
            self._requests.write(frame)
            self._requests.flush()
            body = read_frame(self._answers)
        except (OSError, ValueError, EnclaveProtocolException) as error:
            raise EnclaveUnavailableException(f"the enclave's channel broke: {error}") from error
        if body is None:
            raise EnclaveUnavailableException("the enclave has ended")
        answer = decode_answer(body)
        if isinstance(answer, Refused):
            raise EnclaveRefusedException(answer.type_name, answer.text)
        return answer

    def stop(self) -> None:
        """End the channel, and with it the process."""
        for stream in (self._requests, self._answers):
            _close(stream)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def command(root: Path) -> Sequence[str]:
    """How the enclave is started: isolated, no site folders, no cached code."""
    main = root / "corda_sim/lcp/enclave/__main__.py"
    flags = ("-I", "-S", "-B", "-X", "pycache_prefix=/dev/null")
    return (sys.executable, *flags, str(main), *map(str, package_folders()))


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:
        return  # what was to be written to a process that is gone
