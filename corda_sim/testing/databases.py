"""Migrated SQLite files for tests: made once in a process, copied from then on."""

import functools
import tempfile
from collections.abc import Iterable
from pathlib import Path

from corda_sim.node.storage.migrate import upgrade


def make_database(file: Path, branches: Iterable[str]) -> str:
    """The URL of a SQLite database with the tables of these Alembic branches, made where missing.

    Raises: what `upgrade` raises.
    """
    if not file.exists():
        file.write_bytes(_migrated(tuple(branches)))
    return f"sqlite:///{file}"


@functools.cache
def _migrated(branches: tuple[str, ...]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="migrated-") as directory:
        file = Path(directory) / "template.sqlite"
        upgrade(f"sqlite:///{file}", branches)
        return file.read_bytes()
