from collections.abc import Iterator

import pytest

import flows
from corda_sim.testing.mock_network import MockNetwork
from notary.descriptor import NOTARY_CORDAPP
from tests.unit.flows.ibc.host_side import ALLOW, HostBridge


@pytest.fixture
def network() -> Iterator[MockNetwork]:
    with MockNetwork(cordapps=[flows.cordapp, NOTARY_CORDAPP], reload=True) as network:
        validator = network["Validator"]
        validator.spec.settings["validator"]["allow"] = ALLOW
        validator.restart()
        yield network


@pytest.fixture
def bridge(network: MockNetwork) -> HostBridge:
    opened = HostBridge(network)
    opened.connect()
    opened.open_channel()
    return opened
