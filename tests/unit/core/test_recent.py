"""A set that forgets the oldest of what it holds."""

from corda_sim.core.recent import Recent


def test_the_oldest_goes() -> None:
    recent = Recent[str](2)
    for item in ("a", "b", "c"):
        recent.add(item)
    assert [item in recent for item in ("a", "b", "c")] == [False, True, True]


def test_adding_again_takes_no_room() -> None:
    recent = Recent[str](2)
    for item in ("a", "b", "b"):
        recent.add(item)
    assert "a" in recent
