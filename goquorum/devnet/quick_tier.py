"""Brings up the quick devnet's process."""

import sys
import time
from pathlib import Path
from typing import Final

from goquorum.devnet.processes import DevnetNotStarted, DevnetProcess, log_end
from goquorum.devnet.settings import DevnetSettings
from goquorum.endpoint.json_rpc import EndpointUnreachable, JsonRpc

# npm may have to fetch the EVM first.
START_SECONDS: Final = 180.0
_POLL_SECONDS: Final = 0.05


def boot(directory: Path, settings: DevnetSettings) -> None:
    """Start a new chain and wait until it answers. Raises DevnetNotStarted."""
    node = settings.nodes[0]
    folder = directory / node.name
    command = (sys.executable, "-m", "goquorum.devnet.serve_quick", str(directory))
    process = DevnetProcess.start(command, folder)
    rpc = JsonRpc(node.rpc)
    deadline = time.monotonic() + START_SECONDS
    while process.is_alive() and time.monotonic() < deadline:
        try:
            rpc.call("eth_chainId")
        except EndpointUnreachable:
            time.sleep(_POLL_SECONDS)
        else:
            rpc.close()
            return
    process.stop(0)
    raise DevnetNotStarted(f"the quick devnet didn't start: {log_end(folder)}")
