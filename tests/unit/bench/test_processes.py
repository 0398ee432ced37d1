"""Whose CPU time a benchmark counts, and under which name."""

import subprocess
import sys
import time

from bench.processes import cpu_ms

BUSY = "import time\nwhile time.process_time() < 0.1: pass\nprint(flush=True)\ninput()"


def test_a_node_that_we_started_counts_by_its_directory() -> None:
    command = (sys.executable, "-c", BUSY, "node", "run", "/some/where/PartyA")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as busy:
        assert busy.stdout is not None
        busy.stdout.readline()
        found = cpu_ms()
        busy.communicate(b"\n")
    assert found["PartyA"] >= 50


def test_our_own_time_is_the_benchmarks() -> None:
    before = cpu_ms()
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    assert (cpu_ms() - before)["benchmark"] >= 50
