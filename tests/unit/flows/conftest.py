from collections.abc import Callable, Iterator

import pytest

import flows
from corda_sim.flow.cordapp import CordApp
from corda_sim.testing.mock_network import MockNetwork
from notary.descriptor import NOTARY_CORDAPP

NewNetwork = Callable[..., MockNetwork]
ALLOW = ["corda_sim.cash.Cash"]


@pytest.fixture
def new_network() -> Iterator[NewNetwork]:
    made: list[MockNetwork] = []

    def new(
        *apps: CordApp,
        allow: list[str] | None = None,
        validating: bool = True,
        reload: bool = True,
    ) -> MockNetwork:
        cordapps: list[CordApp] = [flows.cordapp, NOTARY_CORDAPP, *apps]
        network = MockNetwork(cordapps=cordapps, validating_notary=validating, reload=reload)
        made.append(network)
        validator = network["Validator"]
        validator.spec.settings["validator"]["allow"] = ALLOW if allow is None else allow
        validator.restart()
        return network

    yield new
    for network in made:
        network.stop_nodes()


@pytest.fixture
def network(new_network: NewNetwork) -> MockNetwork:
    return new_network()
