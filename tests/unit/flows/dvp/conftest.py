from collections.abc import Iterator

import pytest

import flows
from corda_sim.testing.mock_network import MockNetwork
from notary.descriptor import NOTARY_CORDAPP
from tests.unit.flows.dvp.dvp_bridge import PATCHED, Dvp, DvpBridge
from tests.unit.flows.ibc.host_side import ALLOW


@pytest.fixture(scope="module")
def bridge() -> Iterator[DvpBridge]:
    """One for all tests of a module: opening it takes two dozen transactions."""
    with MockNetwork(cordapps=[flows.cordapp, NOTARY_CORDAPP, PATCHED]) as network:
        validator = network["Validator"]
        validator.spec.settings["validator"]["allow"] = ALLOW
        validator.restart()
        yield DvpBridge(network)


@pytest.fixture
def dvp(bridge: DvpBridge) -> Dvp:
    return bridge.newcomers()
