"""A node process that starts flows as its standard input says: the node itself, without RPC.

Each line in is JSON: `{"id", "flow", "arguments", "client_id"}` with the arguments serialized in
hex, `{"id", "crash"}` with crash points to arm, `{"id", "passed"}`, or `{"id", "draining"}` with
"on" or "off". Each line out is `{"id", "answer"}`: the error of a flow, empty when it completed;
how often each crash point was passed, as JSON; else nothing. The first line out says that the node
is ready.
"""

import asyncio
import json
import signal
import sys
from pathlib import Path

from corda_sim.flow.effects import FlowEnded
from corda_sim.flow.errors import StartFlowError
from corda_sim.node import crash
from corda_sim.node.logs import configure
from corda_sim.node.node import Node

READY = "ready"
_LINE_LIMIT = 1 << 24


def main() -> None:
    """Run the node whose directory is the first argument until SIGTERM."""
    directory = Path(sys.argv[1])
    configure(directory, "WARNING")
    asyncio.run(_run(directory))


async def _run(directory: Path) -> None:
    node = Node(directory)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, node.stop)
    if await node.open():
        node.announce_ready()
        _say(READY, "")
        reading = asyncio.create_task(_read(node))
        await node.wait_stopped()
        reading.cancel()
    await node.close()


async def _read(node: Node) -> None:
    reader = asyncio.StreamReader(limit=_LINE_LIMIT)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        request = json.loads(line)
        if "flow" in request:
            _start(node, request)
        else:
            _say(request["id"], _answer(node, request))


def _answer(node: Node, request: dict[str, str]) -> str:
    match request:
        case {"crash": points}:
            crash.arm(points)
        case {"passed": _}:
            return json.dumps(crash.passes())
        case {"draining": wanted}:
            node.set_draining(enabled=wanted == "on")
        case _:
            raise AssertionError(f"the driver asked for {request}")
    return ""


def _start(node: Node, request: dict[str, str]) -> None:
    logic = node.registry.create(request["flow"], bytes.fromhex(request["arguments"]))
    try:
        _, outcome = node.start_flow(logic, "pipe", request["client_id"])
    except StartFlowError as error:
        _say(request["id"], f"{type(error).__name__}: {error}")
        return
    outcome.add_done_callback(lambda done: _ended(request["id"], done.result()))


def _ended(request_id: str, ended: FlowEnded) -> None:
    error = ended.error
    _say(request_id, "" if error is None else f"{type(error).__name__}: {error}")


def _say(request_id: str, answer: str) -> None:
    sys.stdout.write(json.dumps({"id": request_id, "answer": answer}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
