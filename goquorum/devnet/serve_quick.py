"""The process of a quick devnet: `python -m goquorum.devnet.serve_quick DIR`.

The chain lives in this process and its EVM, and ends with them.
"""

import signal
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from goquorum.devnet.ports import free_port
from goquorum.devnet.processes import DevnetProcess
from goquorum.devnet.settings import EVM_FOLDER, DevnetSettings, read_settings
from goquorum.quick.anvil import Anvil
from goquorum.quick.chain import QuickChain
from goquorum.quick.controls import TEST_CONTROLS
from goquorum.quick.dispatch import Dispatcher
from goquorum.quick.eth_calls import ETH_CALLS, Call
from goquorum.quick.istanbul_calls import ISTANBUL_CALLS
from goquorum.quick.sealer import Sealer
from goquorum.quick.server import publishing, serving
from goquorum.quick.validators import ValidatorKeys

_WATCH_SECONDS: Final = 0.5


def calls(*, controls: bool) -> Mapping[str, Call]:
    """The methods that are answered; the test controls only where they are asked for."""
    return {**ETH_CALLS, **ISTANBUL_CALLS, **(TEST_CONTROLS if controls else {})}


def serve(directory: Path, ended: threading.Event) -> int:
    """Run the chain until `ended` is set; 1 if the EVM has ended before. Raises GoQuorumError."""
    settings = read_settings(directory)
    anvil = Anvil.start(free_port(), mine_at_once=False)
    try:
        DevnetProcess.remember(anvil.process.pid, directory / EVM_FOLDER)
        return _serve_over(anvil, settings, ended)
    finally:
        anvil.stop()


def _serve_over(anvil: Anvil, settings: DevnetSettings, ended: threading.Event) -> int:
    sealer = Sealer(ValidatorKeys(settings.seed_bytes()), settings.validators)
    chain = QuickChain(anvil.rpc, sealer, settings.period_seconds(), time.time)
    dispatcher = Dispatcher(chain, calls(controls=settings.controls))
    failed = threading.Event()
    with ExitStack() as running:
        running.enter_context(serving(settings.nodes[0].rpc_port, dispatcher, anvil.rpc))
        if settings.period_seconds():
            running.enter_context(publishing(chain, failed))
        while not (ended.wait(_WATCH_SECONDS) or failed.is_set()):
            if anvil.process.poll() is not None:
                failed.set()
    return 0 if ended.is_set() else 1


def main(directory: Path) -> int:
    """Serve the devnet of DIR until SIGTERM or SIGINT; the exit code."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    return serve(directory, ended)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
