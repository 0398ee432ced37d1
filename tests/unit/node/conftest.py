"""What unit tests of the node share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from corda_sim.node.storage import migrate
from corda_sim.node.storage.database import SqlStorage


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[SqlStorage]:
    url = f"sqlite:///{tmp_path}/node.db"
    migrate.upgrade(url, ("node",))
    made = SqlStorage(url)
    yield made
    made.close()
