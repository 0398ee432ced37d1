"""Pipes to processes that die while they are asked."""

import subprocess
import sys
import time

import pytest

from corda_sim.testing.errors import NodeGone
from corda_sim.testing.pipe_client import PipeClient

DEAF = "import os, time; os.close(0); time.sleep(60)"


def deaf_process() -> subprocess.Popen[bytes]:
    """A process that reads no more, and hasn't ended yet: a node in the moment of its death."""
    return subprocess.Popen(
        (sys.executable, "-c", DEAF), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def test_what_a_dying_process_never_read_doesnt_keep_its_pipes_from_being_freed() -> None:
    process = deaf_process()
    client = PipeClient("PartyA", process)
    # It closes its end at some moment after its start; until then the pipe takes what is asked.
    while not (asked := client._ask(crash="before_commit:1")).done():
        time.sleep(0.01)
    with pytest.raises(NodeGone, match="PartyA is gone"):
        asked.result()

    process.kill()
    client.close()

    assert process.wait(10) != 0
    assert process.stdin is not None
    assert process.stdin.closed
