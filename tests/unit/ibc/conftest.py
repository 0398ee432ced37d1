import pytest

from tests.unit.ibc.chain import Chain, with_channel, with_clients, with_connection


@pytest.fixture
def clients() -> tuple[Chain, Chain]:
    return with_clients()


@pytest.fixture
def connected() -> tuple[Chain, Chain]:
    return with_connection()


@pytest.fixture
def opened() -> tuple[Chain, Chain]:
    return with_channel()
