"""The collector of garbage, as a node sets it."""

import gc
from collections.abc import Iterator

import pytest

from corda_sim.node import collector


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_exists_is_left_out_and_looks_are_rarer() -> None:
    collector.settle()
    assert gc.get_freeze_count() > 1000
    assert gc.get_threshold()[0] == collector.YOUNG_OBJECTS
    assert gc.isenabled()


def test_cycles_are_still_found() -> None:
    collector.settle()
    found: list[str] = []

    class Ring:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            found.append("freed")

    Ring()
    gc.collect()
    assert found == ["freed"]
