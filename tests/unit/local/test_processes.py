"""Telling processes apart."""

import os
import subprocess
import sys

from corda_sim.local.processes import children_of, start_ticks


def test_a_later_process_started_later() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    own, later = start_ticks(os.getpid()), start_ticks(child.pid)
    assert own is not None
    assert later is not None
    assert own < later
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert start_ticks(child.pid) is None, "a zombie"
    child.communicate()
    assert start_ticks(child.pid) is None


def test_the_children_of_a_process() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert child.pid in children_of(os.getpid())
    assert children_of(child.pid) == ()
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert child.pid not in children_of(os.getpid()), "a zombie"
    child.communicate()
    assert child.pid not in children_of(os.getpid())
    assert children_of(child.pid) == ()
