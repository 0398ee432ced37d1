"""The queries of the vault's model, answered by PostgreSQL."""

import os
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, make_url, text

from corda_sim.node.provision import drop_database
from corda_sim.node.storage import migrate
from tests.property.test_vault_query_model import (
    World,
    fill,
    test_pages_in_order,
    test_sums_by_currency,
    test_the_states_that_match,
)
from tests.unit.node.vault.conftest import Rig

__all__ = ["test_pages_in_order", "test_sums_by_currency", "test_the_states_that_match"]

pytestmark = [pytest.mark.integration, pytest.mark.postgres]


@pytest.fixture(scope="module")
def world(postgres_url: str) -> Iterator[World]:
    server = make_url(postgres_url)
    engine = create_engine(
        server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    name = f"vault_{os.getpid()}_{time.monotonic_ns()}"
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        own = server.set(drivername="postgresql", database=name)
        url = own.render_as_string(hide_password=False)
        migrate.upgrade(url, ("node", "cash"))
        made = World(Rig(url))
        made.rig.start()
        fill(made)
        yield made
        made.rig.storage.close()
        drop_database(connection, name)
    engine.dispose()
