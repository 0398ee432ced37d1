"""pytest's fixtures for CorDapps: `pytest_plugins = ["corda_sim.testing.plugin"]`."""

from collections.abc import Iterator

import pytest

from corda_sim.testing.mock_network import MockNetwork


@pytest.fixture
def mock_network() -> Iterator[MockNetwork]:
    """PartyA, PartyB, a notary and a validator, with every CorDapp that is installed."""
    with MockNetwork() as network:
        yield network
