"""Whenever either side is killed, a flow's failure reaches a peer that hadn't answered yet."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corda_sim.flow.cordapp import CordApp
from corda_sim.testing.mock_network import MockNetwork
from tests.unit.flow.refusing import Hear, Refuse, assert_refused
from tests.unit.flow.scripted import nothing_is_left

ACTS = st.lists(st.sampled_from(["pump A", "pump B", "restart A", "restart B"]), max_size=12)


@pytest.fixture(scope="module", params=[False, True], ids=["live", "reload"])
def network(request: pytest.FixtureRequest) -> Iterator[MockNetwork]:
    app = CordApp("farewell", (Refuse, Hear))
    with MockNetwork(("PartyA", "PartyB"), cordapps=[app], reload=request.param) as made:
        yield made


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(acts=ACTS)
def test_the_last_words_of_a_flow_arrive_once_and_in_order(
    network: MockNetwork, acts: list[str]
) -> None:
    Hear.heard = []
    network["PartyA"].start_flow(Refuse("PartyB"))
    network["PartyA"].pump()
    for act in acts:
        verb, _, side = act.partition(" ")
        getattr(network[f"Party{side}"], verb)()
    network.run_network()
    assert_refused()
    assert nothing_is_left(network)
    assert not network["PartyA"].manager.farewells._of_session
