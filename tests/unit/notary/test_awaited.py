"""How long a worker waits for its witnesses."""

from notary.awaited import AwaitedWitnesses


class Watch:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_without_witnesses_nobody_is_waited_for() -> None:
    assert AwaitedWitnesses().missing() == ()


def test_time_alone_never_opens() -> None:
    watch = Watch()
    witnesses = AwaitedWitnesses(["A", "B"], 5, watch)
    watch.now += 1_000_000
    assert witnesses.missing() == ("A", "B")


def test_after_the_first_answer_the_others_have_the_grace_time() -> None:
    watch = Watch()
    witnesses = AwaitedWitnesses(["A", "B", "C"], 5, watch)
    witnesses.answered("B")
    assert witnesses.missing() == ("A", "C")
    watch.now += 4.9
    witnesses.answered("C")
    assert witnesses.missing() == ("A",)
    watch.now += 0.1
    assert witnesses.missing() == ()


def test_when_all_have_answered_nobody_waits_for_the_clock() -> None:
    witnesses = AwaitedWitnesses(["A", "B"], 5, Watch())
    witnesses.answered("A")
    witnesses.answered("A")
    assert witnesses.missing() == ("B",)
    witnesses.answered("B")
    assert witnesses.missing() == ()


def test_without_grace_one_answer_is_enough() -> None:
    witnesses = AwaitedWitnesses(["A", "B"])
    witnesses.answered("A")
    assert witnesses.missing() == ()
