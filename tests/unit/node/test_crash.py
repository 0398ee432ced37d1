import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from corda_sim.node import crash
from corda_sim.node.crash import CrashPlanError, CrashPoint, Trigger

SCRIPT = """
from corda_sim.node.crash import CrashPoint, hit
for _ in range(3):
    hit(CrashPoint.BEFORE_COMMIT)
    hit(CrashPoint.AFTER_COMMIT)
print("survived")
"""


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd()), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_nth_pass_kills_the_process(tmp_path: Path) -> None:
    counts = tmp_path / "counts"
    found = run(CORDA_SIM_CRASH="after_commit:2", CORDA_SIM_CRASH_COUNT=str(counts))
    assert found.returncode == -signal.SIGKILL
    assert crash.read_counts(counts) == {
        CrashPoint.BEFORE_COMMIT: 2,
        CrashPoint.AFTER_COMMIT: 2,
    }


def test_unset_counts_nothing_and_a_dry_run_counts_all(tmp_path: Path) -> None:
    assert "survived" in run().stdout
    counts = tmp_path / "counts"
    assert "survived" in run(CORDA_SIM_CRASH_COUNT=str(counts)).stdout
    assert crash.read_counts(counts)[CrashPoint.AFTER_COMMIT] == 3


def test_a_state_file_arms_one_trigger_after_the_other(tmp_path: Path) -> None:
    environment = {
        "CORDA_SIM_CRASH": "before_commit:1,after_commit:2",
        "CORDA_SIM_CRASH_STATE": str(tmp_path / "state"),
    }
    returncodes = [run(**environment).returncode for _ in range(3)]
    assert returncodes == [-signal.SIGKILL, -signal.SIGKILL, 0]
    assert (tmp_path / "state").read_text() == "before_commit:1\nafter_commit:2\n"


def test_the_stop_variant_stops_the_process() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "CORDA_SIM_CRASH": "before_commit:1:stop"},
        stdout=subprocess.PIPE,
    )
    try:
        _, status = os.waitpid(child.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        os.kill(child.pid, signal.SIGCONT)
        output, _ = child.communicate(timeout=30)
        assert b"survived" in output
    finally:
        child.kill()
        time.sleep(0)


@pytest.mark.parametrize("entry", ["before_commit", "before_commit:0", "x:1", "on_finish:1:pause"])
def test_a_wrong_plan_is_refused(entry: str) -> None:
    with pytest.raises(CrashPlanError):
        Trigger.parse(entry)
