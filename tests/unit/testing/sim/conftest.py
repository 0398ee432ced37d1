"""One simulator for all tests of a process."""

import logging
from collections.abc import Iterator

import pytest

from corda_sim.testing.sim.run import Simulator


@pytest.fixture(scope="session")
def simulator() -> Simulator:
    return Simulator()


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
