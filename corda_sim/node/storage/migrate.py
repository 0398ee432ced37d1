"""Alembic, driven by the node: branches for the node, the notary and each CorDapp.

The branches shipped are the folders of `migrations/versions`. A CorDapp of a user's own names its
branch in the entry-point group `corda_sim.migrations`: the entry point's name is the branch label,
its value the package that holds the revision files (the first one carries
`branch_labels = (label,)`).
"""

import importlib.util
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from corda_sim.node.storage.engine import open_engine
from corda_sim.node.storage.errors import (
    CouldNotCreateDataSourceException,
    DatabaseMigrationException,
    OutstandingDatabaseChangesException,
    translate,
)

ENTRY_POINT_GROUP: Final = "corda_sim.migrations"
NODE_BRANCHES: Final = ("node", "accounts", "cash")
_ADVISORY_LOCK: Final = 0x636F726461


@dataclass(frozen=True, slots=True)
class BranchVersion:
    """Where a branch stands in a database; `revision` is None before its first migration."""

    branch: str
    revision: str | None
    head: str

    @property
    def up_to_date(self) -> bool:
        """Whether every migration of the branch ran."""
        return self.revision == self.head


def branch_locations() -> dict[str, Path]:
    """The folder of revision files of every branch, shipped or installed."""
    shipped = {path.name: path for path in (_root() / "versions").iterdir() if path.is_dir()}
    shipped.pop("__pycache__", None)
    installed = {
        point.name: _package_folder(point.value) for point in entry_points(group=ENTRY_POINT_GROUP)
    }
    return {**installed, **shipped}


def upgrade(url: str, branches: Iterable[str] = NODE_BRANCHES) -> None:
    """Bring `branches` to their newest revision, all in one transaction; takes no lock if they are.

    Raises:
        DatabaseMigrationException: a branch is unknown or a migration failed; nothing changed.
        DatabaseUnavailable: the database can't be reached.
    """
    branches = tuple(branches)
    # A stopped process may hold SQLite's write lock; its standby has to start to put it aside.
    if _are_current(url, branches):
        return
    with _connected(url, write=True) as connection:
        config = _config(connection)
        for branch in branches:
            _upgrade_branch(config, branch)


def current(url: str) -> tuple[BranchVersion, ...]:
    """The version of every branch known here, by branch name."""
    with _connected(url, write=False) as connection:
        script = ScriptDirectory.from_config(_config(connection))
        found = MigrationContext.configure(connection).get_current_heads()
        applied = {label: head for head in found for label in _labels(script, head)}
    return tuple(
        BranchVersion(branch, applied.get(branch), _head(script, branch))
        for branch in sorted(branch_locations())
    )


def _are_current(url: str, branches: Iterable[str]) -> bool:
    try:
        done = {version.branch for version in current(url) if version.up_to_date}
    except CouldNotCreateDataSourceException:
        return False
    return done.issuperset(branches)


def require_current(url: str, branches: Iterable[str] = NODE_BRANCHES) -> None:
    """Check that no migration is outstanding.

    Raises:
        OutstandingDatabaseChangesException: names the branches to upgrade.
    """
    wanted = frozenset(branches)
    behind = [v.branch for v in current(url) if v.branch in wanted and not v.up_to_date]
    if behind:
        raise OutstandingDatabaseChangesException(
            f"the schema is out of date ({', '.join(behind)}): run `corda-sim db upgrade`"
        )


def _root() -> Path:
    return _package_folder("migrations")


def _package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise DatabaseMigrationException(f"no package {package!r} with migrations is installed")
    return Path(next(iter(spec.submodule_search_locations)))


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", _escape(str(_root())))
    config.set_main_option("path_separator", "newline")
    config.set_main_option(
        "version_locations", _escape("\n".join(map(str, branch_locations().values())))
    )
    return config


def _escape(value: str) -> str:
    return value.replace("%", "%%")


def _upgrade_branch(config: Config, branch: str) -> None:
    try:
        command.upgrade(config, f"{branch}@head")
    except CommandError as error:
        known = ", ".join(sorted(branch_locations()))
        raise DatabaseMigrationException(
            f"can't upgrade branch {branch!r} (known: {known}): {error}"
        ) from error
    except DBAPIError as error:
        raise DatabaseMigrationException(f"branch {branch!r}: {error.orig}") from error


def _labels(script: ScriptDirectory, revision: str) -> frozenset[str]:
    try:
        found = script.get_revision(revision)
    except CommandError as error:
        raise DatabaseMigrationException(
            f"the database holds revision {revision!r}, which this release doesn't know"
        ) from error
    return frozenset(found.branch_labels)


def _head(script: ScriptDirectory, branch: str) -> str:
    return script.get_revision(f"{branch}@head").revision


@contextmanager
def _connected(url: str, *, write: bool) -> Iterator[Connection]:
    engine = open_engine(url, mode="write" if write else "read", tag="corda-sim migrate")
    if engine.dialect.name == "sqlite" and not write:
        _require_file(engine.url.database)
    try:
        with engine.begin() as connection:
            if write and engine.dialect.name == "postgresql":
                # Active node and standby may start together: one upgrades, the other finds it done.
                connection.execute(text("SELECT pg_advisory_xact_lock(:k)"), {"k": _ADVISORY_LOCK})
            yield connection
    except DBAPIError as error:
        raise translate(error) from error
    finally:
        engine.dispose()


def _require_file(path: str | None) -> None:
    # SQLite would create an empty database where a mistyped path was given.
    if path is None or not Path(path).is_file():
        raise CouldNotCreateDataSourceException(f"no database at {path}")
