"""Which updates `flow watch` shows."""

from collections.abc import Iterator
from typing import Any

import pytest

from corda_sim.cli.watching import watched
from corda_sim.flow.errors import UnknownFlowIdException

SNAPSHOT = [{"flow_id": "aa1"}, {"flow_id": "aa2"}, {"flow_id": "b"}]
UPDATES: list[dict[str, Any]] = [
    {"flow_id": "b", "progress": "one"},
    {"flow_id": "aa1", "progress": "two"},
    {"flow_id": "b", "ended": True, "error": None},
    {"flow_id": "b", "progress": "of another run"},
]


def feed() -> Iterator[dict[str, Any]]:
    yield {"snapshot": SNAPSHOT}
    yield from UPDATES


def test_all_flows() -> None:
    assert list(watched(feed())) == [*SNAPSHOT, *UPDATES]


@pytest.mark.parametrize(("begins", "seen"), [("b", UPDATES[0:3:2]), ("aa1", UPDATES[1:2])])
def test_one_flow_until_it_ends(begins: str, seen: list[dict[str, Any]]) -> None:
    assert [one for one in watched(feed(), begins) if one not in SNAPSHOT] == seen


def test_what_comes_after_the_end_is_not_read() -> None:
    updates = feed()
    list(watched(updates, "b"))
    assert next(updates)["progress"] == "of another run"


@pytest.mark.parametrize(("begins", "text"), [("c", "No flows"), ("aa", "2 flows")])
def test_an_id_that_is_not_exactly_one_flow(begins: str, text: str) -> None:
    with pytest.raises(UnknownFlowIdException, match=text):
        list(watched(feed(), begins))
