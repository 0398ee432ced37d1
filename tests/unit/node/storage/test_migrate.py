import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

from corda_sim.node.storage import migrate, schema
from corda_sim.node.storage.engine import open_engine
from corda_sim.node.storage.errors import (
    CouldNotCreateDataSourceException,
    DatabaseMigrationException,
    OutstandingDatabaseChangesException,
)
from notary import schema as notary_schema

BRANCHES = {"node", "notary", "accounts", "bridge", "cash"}


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/node.db"


def test_migrations_make_exactly_the_declared_tables(url: str) -> None:
    migrate.upgrade(url, ["node", "notary"])
    declared = MetaData(naming_convention=schema.NAMING)
    for metadata in (schema.metadata, notary_schema.metadata):
        for table in metadata.tables.values():
            table.to_metadata(declared)
    engine = open_engine(url, mode="read")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        found = compare_metadata(context, declared)
    engine.dispose()
    assert found == []


def test_branches_are_independent_and_upgrading_again_changes_nothing(url: str) -> None:
    migrate.upgrade(url, ["accounts"])
    versions = {version.branch: version for version in migrate.current(url)}
    assert set(versions) >= BRANCHES
    assert versions["accounts"].up_to_date
    assert versions["node"].revision is None
    with pytest.raises(OutstandingDatabaseChangesException, match="node"):
        migrate.require_current(url)
    migrate.upgrade(url, BRANCHES)
    migrate.upgrade(url, BRANCHES)
    migrate.require_current(url, BRANCHES)


def test_a_current_database_is_left_alone_by_a_process_that_starts_beside_a_writer(
    url: str,
) -> None:
    migrate.upgrade(url, ["node"])
    holder = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    migrate.upgrade(url, ["node"])

    holder.rollback()
    holder.close()


def test_an_unknown_branch_changes_nothing(url: str) -> None:
    with pytest.raises(DatabaseMigrationException, match="known: accounts, bridge, cash, node"):
        migrate.upgrade(url, ["node", "nodes"])
    assert all(version.revision is None for version in migrate.current(url))


def test_a_database_of_a_later_release_is_refused(url: str, tmp_path: Path) -> None:
    migrate.upgrade(url, ["node"])
    with sqlite3.connect(tmp_path / "node.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'node_9999'")
    connection.close()
    with pytest.raises(DatabaseMigrationException, match="node_9999"):
        migrate.current(url)


def test_asking_for_versions_creates_no_database(url: str, tmp_path: Path) -> None:
    with pytest.raises(CouldNotCreateDataSourceException, match="no database"):
        migrate.current(url)
    assert not list(tmp_path.iterdir())


def test_two_processes_upgrade_at_once(url: str) -> None:
    code = f"from corda_sim.node.storage.migrate import upgrade; upgrade({url!r})"
    children = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [child.wait(timeout=60) for child in children] == [0, 0, 0]


def test_a_cordapps_own_branch_comes_by_entry_point(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    package = site / "bonds_migrations"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "bonds_0001.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        "revision, down_revision, branch_labels = 'bonds_0001', None, ('bonds',)\n"
        "def upgrade():\n    op.create_table('bonds', sa.Column('id', sa.String(36)))\n"
    )
    info = site / "bonds-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bonds\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[corda_sim.migrations]\nbonds = bonds_migrations\n")
    monkeypatch.syspath_prepend(site)
    migrate.upgrade(url, ["bonds"])
    assert {v.branch: v.revision for v in migrate.current(url)}["bonds"] == "bonds_0001"


@pytest.mark.parametrize("bad", ["sqlite://", "sqlite:///:memory:", "mysql://h/d", "no url"])
def test_urls_that_cannot_be_used(bad: str) -> None:
    with pytest.raises(CouldNotCreateDataSourceException):
        migrate.upgrade(bad)


def test_every_migration_can_be_undone(url: str) -> None:
    migrate.upgrade(url, BRANCHES)
    engine = open_engine(url)
    with engine.begin() as connection:
        config = migrate._config(connection)
        for branch in sorted(BRANCHES):
            command.downgrade(config, f"{branch}@base")
    with engine.connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type <> 'index'")
        assert {row.name for row in names} == {"alembic_version"}
    engine.dispose()
