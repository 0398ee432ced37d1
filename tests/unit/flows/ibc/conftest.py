from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import flows
from corda_sim.testing.mock_network import MockNetwork
from notary.descriptor import NOTARY_CORDAPP
from tests.unit.flows.ibc.host_side import ALLOW, HostBridge, opened_bridge


@contextmanager
def open_network(*, reload: bool) -> Iterator[MockNetwork]:
    with MockNetwork(cordapps=[flows.cordapp, NOTARY_CORDAPP], reload=reload) as network:
        validator = network["Validator"]
        validator.spec.settings["validator"]["allow"] = ALLOW
        validator.restart()
        yield network


@pytest.fixture
def network() -> Iterator[MockNetwork]:
    with open_network(reload=True) as network:
        yield network


@pytest.fixture(scope="module")
def module_network() -> Iterator[MockNetwork]:
    """For a module's tests that only look."""
    with open_network(reload=False) as network:
        yield network


@pytest.fixture
def bridge(network: MockNetwork) -> HostBridge:
    return opened_bridge(network)
