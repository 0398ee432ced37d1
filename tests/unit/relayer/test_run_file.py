"""What a running relayer tells of itself."""

import os
from pathlib import Path

from corda_sim.local.processes import start_ticks
from corda_sim.relayer.run_file import Parked, RunFile, RunState


def state(*parked: Parked, started: int = 1) -> RunState:
    return RunState(os.getpid(), started, "127.0.0.1:1", parked)


def test_each_reason_is_shown_once() -> None:
    reasons = ("the enclave has no client", "refused", "the enclave has no client")
    aside = [Parked(f"corda/mock/channel-0/{at}", "receive", one) for at, one in enumerate(reasons)]
    assert state(*aside).show() == {
        "pid": os.getpid(),
        "health": "127.0.0.1:1",
        "parked": 3,
        "reasons": ["refused", "the enclave has no client"],
    }


def test_a_relayer_with_nothing_aside_has_no_reasons() -> None:
    assert state().show()["reasons"] == []


def test_what_is_written_is_read_while_the_process_runs(tmp_path: Path) -> None:
    file = RunFile(tmp_path)
    alive = state(
        Parked("corda/mock/channel-0/1", "receive", "x"), started=start_ticks(os.getpid()) or 0
    )
    file.write(alive)
    assert RunFile(tmp_path).read() == alive
    file.remove()
    assert file.read() is None


def test_another_process_of_that_number_is_not_the_relayer(tmp_path: Path) -> None:
    file = RunFile(tmp_path)
    file.write(state())
    assert file.read() is None


def test_a_file_that_is_no_state_tells_of_nothing(tmp_path: Path) -> None:
    file = RunFile(tmp_path)
    file.write(state())
    (written,) = tmp_path.iterdir()
    written.write_text("{")
    assert file.read() is None
