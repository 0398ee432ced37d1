import pytest

from tests.unit.cross.world import World


@pytest.fixture
def world() -> World:
    return World()
