"""The enclave's process: its channel is its standard input and output, and nothing else.

It ends when the channel does. Its errors leave it as a class name and a text.
"""

import logging
import os
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from corda_sim.core.errors import CordaError
from corda_sim.ibc.client.height import ZERO_HEIGHT
from corda_sim.ibc.moment import Moment
from corda_sim.lcp.enclave.channel import LOADED, decode_request, encode, read_frame
from corda_sim.lcp.enclave.handlers import Surroundings, handle
from corda_sim.lcp.enclave.requests import Answer, Launch, Ready, Refused
from corda_sim.lcp.enclave.sealing import SealedLog
from corda_sim.lcp.enclave.state import EnclaveState
from corda_sim.lcp.errors import EnclaveProtocolException

LOGGER = logging.getLogger(__name__)


class Enclave:
    """A launched enclave: its state in memory, and the log that it seals changes into."""

    def __init__(self, launch: Launch) -> None:
        self._log = SealedLog(Path(launch.directory), launch.sealing_key, os.urandom)
        self._state: EnclaveState = self._log.load()

    def ready(self) -> Ready:
        """The first answer."""
        return Ready(self._state.addresses())

    def answer(self, frame: bytes) -> Answer:
        """Take one request; its changes are sealed before it is answered."""
        try:
            now = Moment.at(ZERO_HEIGHT, time.time_ns())
            around = Surroundings(now, os.urandom)
            state, changes, answer = handle(self._state, decode_request(frame), around)
            if changes:
                self._log.append(changes)
        except CordaError as error:
            return _refusal(error)
        except Exception as error:  # noqa: BLE001 - whatever failed, the next request is served
            # Its text and its frames may tell what must not leave the enclave.
            LOGGER.error("a request failed with %s", type(error).__name__)  # noqa: TRY400
            return Refused("EnclaveFailedException", "the enclave failed inside")
        self._state = state
        return answer

    def close(self) -> None:
        """Leave the sealed state."""
        self._log.close()


def _refusal(error: CordaError) -> Refused:
    """The answer that tells an error."""
    return Refused(type(error).__name__, str(error))


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the channel ends. Raises: EnclaveProtocolException for a broken one."""
    enclave = _launch(requests, answers)
    if enclave is None:
        return
    with closing(enclave):
        while (frame := read_frame(requests)) is not None:
            _send(answers, enclave.answer(frame))


def _launch(requests: BinaryIO, answers: BinaryIO) -> Enclave | None:
    frame = read_frame(requests)
    if frame is None:
        return None
    try:
        request = decode_request(frame)
        if not isinstance(request, Launch):
            raise EnclaveProtocolException("the first request is Launch")
        enclave = Enclave(request)
    except CordaError as error:
        _send(answers, _refusal(error))
        return None
    _send(answers, enclave.ready())
    return enclave


def _send(answers: BinaryIO, answer: Answer) -> None:
    answers.write(encode(answer))
    answers.flush()


def run() -> None:
    """Serve the standard streams; what else would print goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    answers.write(LOADED)
    answers.flush()
    serve(sys.stdin.buffer, answers)
