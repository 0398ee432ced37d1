"""What the chains say of packets, and what a running relayer tells of itself."""

import os
from pathlib import Path

import pytest

from corda_sim.ibc.channel.acknowledgement import Acknowledgement
from corda_sim.local.processes import start_ticks
from corda_sim.relayer.errors import UnknownPacketException
from corda_sim.relayer.run_file import RUN_FILE, Parked, RunFile, RunState
from corda_sim.relayer.service import Side, sides_of
from corda_sim.relayer.status import find_packet, packets
from tests.unit.relayer.bridge import Run, World
from tests.unit.relayer.chains import PORT

WRITTEN = Acknowledgement(result=b"\x01").encode()


@pytest.fixture
def run() -> Run:
    world = World()
    world.open()
    started = world.start()
    started.follow()
    return started


def sides(run: Run) -> tuple[Side, Side]:
    return sides_of(run.path)


def stages(run: Run) -> list[tuple[str, str]]:
    here, there = sides(run)
    found = [*packets(here, there), *packets(there, here)]
    return [(one.name, one.stage) for one in found]


def test_a_packets_way_is_told_stage_by_stage(run: Run) -> None:
    world = run.world
    world.quorum.modules[PORT].answer = None
    world.corda.send("channel-0", b"first")
    assert stages(run) == [("corda/mock/channel-0/1", "sent")]
    run.follow()
    run.from_corda.step()
    assert stages(run) == [("corda/mock/channel-0/1", "received")]
    world.quorum.modules[PORT].answer = Acknowledgement(result=b"\x01")
    world.corda.send("channel-0", b"second")
    run.follow()
    run.from_corda.step()
    assert stages(run)[1] == ("corda/mock/channel-0/2", "acknowledged")
    run.go()
    assert stages(run)[1] == ("corda/mock/channel-0/2", "done")


def test_a_packet_that_is_too_late_is_told(run: Run) -> None:
    soon = (int(run.world.clock()) + 5) * 10**9
    run.world.corda.send("channel-0", b"late", soon)
    run.world.quorum.make_block(seconds=10)
    assert stages(run) == [("corda/mock/channel-0/1", "late")]


def test_both_ways_and_both_ports_are_told(run: Run) -> None:
    world = run.world
    world.quorum.send("channel-0", b"back")
    world.corda.send("channel-1", b"auth", port="mock-auth")
    assert stages(run) == [
        ("corda/mock-auth/channel-1/1", "sent"),
        ("goquorum/mock/channel-0/1", "sent"),
    ]


def test_a_packet_is_explained(run: Run) -> None:
    run.world.corda.send("channel-0", b"hello")
    run.go()
    found = find_packet("corda/mock/channel-0/1", sides(run)).explain()
    assert found == {
        "packet": "corda/mock/channel-0/1",
        "stage": "done",
        "meaning": "its sender has heard what became of it",
        "to": "mock/channel-0",
        "timeout_height": f"0-{2**64 - 1}",
        "timeout_timestamp": 0,
        "data": b"hello".hex(),
        "acknowledgement": WRITTEN.hex(),
    }


@pytest.mark.parametrize(
    "name", ["corda/mock/channel-0/2", "goquorum/mock/channel-0/1", "", "mock/channel-0/1", "corda"]
)
def test_another_packet_is_not_known(run: Run, name: str) -> None:
    run.world.corda.send("channel-0", b"hello")
    with pytest.raises(UnknownPacketException, match="CHAIN/PORT/CHANNEL/NUMBER"):
        find_packet(name, sides(run))


def me(**changes: object) -> RunState:
    state: dict[str, object] = {
        "pid": os.getpid(),
        "started": start_ticks(os.getpid()),
        "health": "127.0.0.1:1",
        "parked": (Parked("corda/mock/channel-0/1", "receive", "why"),),
    }
    return RunState(**{**state, **changes})  # type: ignore[arg-type]


def test_a_running_relayer_is_read(tmp_path: Path) -> None:
    RunFile(tmp_path).write(me())
    assert RunFile(tmp_path).read() == me()
    assert (tmp_path / RUN_FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("gone", [{"pid": 2**22 - 1}, {"started": 1}])
def test_a_killed_relayers_file_says_nothing(tmp_path: Path, gone: dict[str, object]) -> None:
    RunFile(tmp_path).write(me(**gone))
    assert RunFile(tmp_path).read() is None


def test_a_file_that_is_missing_or_malformed_says_nothing(tmp_path: Path) -> None:
    file = RunFile(tmp_path)
    assert file.read() is None
    (tmp_path / RUN_FILE).write_text("{")
    assert file.read() is None
    file.remove()
    file.remove()
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_written_when_it_says_something_new(tmp_path: Path) -> None:
    file = RunFile(tmp_path)
    file.write(me())
    (tmp_path / RUN_FILE).unlink()
    file.write(me())
    assert file.read() is None
    file.write(me(parked=()))
    assert file.read() == me(parked=())
