import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from corda_sim.node import crash
from corda_sim.node.crash import CrashPlanError, Trigger

SCRIPT = """
from corda_sim.node.crash import CrashPoint, hit
for _ in range(3):
    hit(CrashPoint.BEFORE_COMMIT)
    hit(CrashPoint.AFTER_COMMIT)
    print("passed", flush=True)
print("survived")
"""


def run(script: str = SCRIPT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd()), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("plan", "passes"), [("after_commit:1", 0), ("after_commit:2", 1)])
def test_the_nth_pass_kills_the_process(plan: str, passes: int) -> None:
    found = run(CORDA_SIM_CRASH=plan)
    assert found.returncode == -signal.SIGKILL
    assert found.stdout.count("passed") == passes


def test_unset_nothing_happens() -> None:
    assert "survived" in run().stdout
    assert "survived" in run(CORDA_SIM_CRASH="after_commit:4").stdout


def test_a_running_process_is_armed_from_then_on() -> None:
    armed = SCRIPT.replace(
        "hit(CrashPoint.AFTER_COMMIT)", "hit(CrashPoint.AFTER_COMMIT)\n    arm()"
    )
    code = f"""
from corda_sim.node import crash
def arm():
    crash.arm('before_commit:1')
{armed}"""
    found = run(code)
    assert found.returncode == -signal.SIGKILL
    assert found.stdout.count("passed") == 1


def test_arming_takes_the_place_of_former_triggers() -> None:
    code = f"from corda_sim.node import crash\ncrash.arm('mid_recovery:1'){SCRIPT}"
    assert "survived" in run(code, CORDA_SIM_CRASH="after_commit:1").stdout
    with pytest.raises(CrashPlanError):
        crash.arm("after_commit:0")


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
