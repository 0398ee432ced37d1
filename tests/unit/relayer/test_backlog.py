"""What waits, flies and is parked."""

from dataclasses import dataclass

import pytest

from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.client.height import Height
from corda_sim.relayer.backlog import MAX_ATTEMPTS, MAX_PAUSE, PARKED_PAUSE, Backlog
from corda_sim.relayer.work import Kind, Work


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def work(number: int, kind: Kind = Kind.RECEIVE) -> Work:
    packet = Packet(number, "mock", "channel-0", "mock", "channel-1", b"x", Height(0, 9))
    return Work(kind, packet)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def backlog(clock: Clock) -> Backlog:
    return Backlog(clock)


def test_work_is_taken_once(backlog: Backlog) -> None:
    backlog.add([work(1), work(2), work(1)], suspect=False)
    assert [one.work.packet.sequence for one in backlog.take(10)] == [1, 2]
    assert backlog.take(10) == []
    backlog.add([work(1)], suspect=True)
    assert backlog.take(10) == []
    assert backlog.sizes() == {"waiting": 0, "in_flight": 2, "parked": 0}


def test_a_packet_and_its_acknowledgement_are_two_works(backlog: Backlog) -> None:
    backlog.add([work(1), work(1, Kind.ACKNOWLEDGE), work(1, Kind.TIMEOUT)], suspect=False)
    assert len(backlog.take(10)) == 3


def test_work_counts_from_when_the_chain_was_seen_to_have_it(
    backlog: Backlog, clock: Clock
) -> None:
    backlog.add([work(1)], suspect=False, age=1.5)
    (item,) = backlog.take(10)
    assert clock.now - item.since == 1.5


def test_a_batch_has_its_limit(backlog: Backlog) -> None:
    backlog.add(map(work, range(1, 6)), suspect=False)
    assert [len(backlog.take(2)) for _ in range(4)] == [2, 2, 1, 0]


def test_what_is_done_is_forgotten_and_may_come_again(backlog: Backlog) -> None:
    backlog.add([work(1)], suspect=False)
    backlog.done(backlog.take(10))
    assert backlog.sizes() == {"waiting": 0, "in_flight": 0, "parked": 0}
    backlog.add([work(1)], suspect=False)
    assert len(backlog.take(10)) == 1


def test_what_failed_waits_longer_each_time(backlog: Backlog, clock: Clock) -> None:
    backlog.add([work(1)], suspect=False)
    pauses = []
    for _ in range(MAX_ATTEMPTS - 1):
        backlog.failed(backlog.take(10), "no", counts=True)
        pause = backlog.next_due()
        assert pause is not None
        pauses.append(pause)
        assert backlog.take(10) == []
        clock.now += pause
    assert pauses == sorted(pauses)
    assert max(pauses) <= MAX_PAUSE
    assert pauses[0] < pauses[-1]


def test_failures_that_are_nobodys_fault_never_park(backlog: Backlog, clock: Clock) -> None:
    backlog.add([work(1)], suspect=False)
    for _ in range(3 * MAX_ATTEMPTS):
        backlog.failed(backlog.take(10), "away", counts=False)
        clock.now += MAX_PAUSE
    assert backlog.parked() == []
    assert backlog.take(10)[0].suspect


def test_what_fails_too_often_is_parked_and_tried_now_and_then(
    backlog: Backlog, clock: Clock
) -> None:
    backlog.add([work(1)], suspect=False)
    for _ in range(MAX_ATTEMPTS):
        backlog.failed(backlog.take(10), "strange", counts=True)
        clock.now += MAX_PAUSE
    assert backlog.parked() == [(work(1), "strange")]
    assert backlog.take(10) == []
    clock.now += PARKED_PAUSE
    assert len(backlog.take(10)) == 1


def test_what_is_parked_for_good_is_never_taken(backlog: Backlog, clock: Clock) -> None:
    backlog.add([work(1)], suspect=False)
    backlog.park(backlog.take(10)[0], "never")
    clock.now += 10**6
    assert backlog.take(10) == []
    assert backlog.next_due() is None
    assert [one.work for one in backlog.stuck()] == [work(1)]


def test_failed_work_goes_alone_and_after_fresh_work(backlog: Backlog, clock: Clock) -> None:
    """So that what is wrong with one packet is not every packet's reason."""
    backlog.add([work(1), work(2)], suspect=False)
    backlog.failed(backlog.take(10), "one of you", counts=True)
    clock.now += MAX_PAUSE
    backlog.add([work(3)], suspect=False)
    taken = [[one.work.packet.sequence for one in backlog.take(10)] for _ in range(4)]
    assert taken == [[3], [1], [2], []]


def test_next_due_is_the_soonest(backlog: Backlog, clock: Clock) -> None:
    assert backlog.next_due() is None
    backlog.add([work(1)], suspect=False)
    backlog.failed(backlog.take(1), "no", counts=True)
    later = backlog.next_due()
    assert later
    backlog.add([work(2)], suspect=False)
    assert backlog.next_due() == 0
    clock.now += later + 1
    assert backlog.next_due() == 0


def test_stuck_is_what_failed_and_does_not_fly(backlog: Backlog, clock: Clock) -> None:
    backlog.add([work(1), work(2)], suspect=False)
    assert backlog.stuck() == []
    backlog.failed(backlog.take(10)[:1], "no", counts=True)
    assert [one.work.packet.sequence for one in backlog.stuck()] == [1]
    clock.now += MAX_PAUSE
    backlog.take(10)
    assert backlog.stuck() == []
