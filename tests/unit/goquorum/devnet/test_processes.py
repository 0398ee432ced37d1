"""Processes that outlive whoever started them."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from goquorum.devnet.processes import DevnetProcess, log_end

SLEEP = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)")
STUBBORN = (
    *SLEEP[:2],
    f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP[2]}",
)


def wait_for_log(folder: Path) -> None:
    while log_end(folder) != "up":
        time.sleep(0.01)


def test_a_process_is_found_again_and_stopped(tmp_path: Path) -> None:
    started = DevnetProcess.start(SLEEP, tmp_path / "node")
    assert DevnetProcess.find(tmp_path / "node") == started
    assert os.getsid(started.pid) == started.pid
    assert started.stop(10)
    assert not started.is_alive()
    assert DevnetProcess.find(tmp_path / "node") is None


def test_one_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    started = DevnetProcess.start(STUBBORN, tmp_path)
    wait_for_log(tmp_path)
    assert not started.stop(0.1)
    assert not started.is_alive()


def test_one_that_was_killed_is_gone(tmp_path: Path) -> None:
    started = DevnetProcess.start(SLEEP, tmp_path)
    os.kill(started.pid, signal.SIGKILL)
    while started.is_alive():
        time.sleep(0.01)
    assert started.stop(0)
    assert DevnetProcess.find(tmp_path) is None


def test_another_process_of_the_same_id_is_not_ours(tmp_path: Path) -> None:
    ours = DevnetProcess.remember(os.getpid(), tmp_path)
    assert DevnetProcess.find(tmp_path) == ours
    (tmp_path / "process").write_text(f"{ours.pid} {ours.start_ticks + 1}\n")
    assert DevnetProcess.find(tmp_path) is None


@pytest.mark.parametrize("content", ["", "x y", "1", "1 2 3"])
def test_a_file_that_names_no_process(tmp_path: Path, content: str) -> None:
    (tmp_path / "process").write_text(content)
    assert DevnetProcess.find(tmp_path) is None


def test_the_log_is_told_from_its_end(tmp_path: Path) -> None:
    assert log_end(tmp_path) == "it wrote nothing"
    (tmp_path / "log").write_text("x" * 600 + "last words\n")
    assert log_end(tmp_path).endswith("last words")
    assert len(log_end(tmp_path)) == 500
