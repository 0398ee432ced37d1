"""PostgreSQL databases and roles for the nodes of a development network.

Each node owns one database. The notary's ledger is a database of its own, whose tables belong to a
role that only migrates; the worker's role may SELECT and INSERT, as Corda's JPA notary asks for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from corda_sim.node.certificates import Entropy
from corda_sim.node.network_errors import NetworkCreationException
from corda_sim.node.storage.engine import parse_url

_MAX_LABEL: Final = 32
_END_SESSIONS: Final = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = :database AND pg_has_role(usesysid, 'USAGE')
"""


@dataclass(frozen=True, slots=True)
class NotaryDatabase:
    """URLs to the notary's ledger: the owner's, which migrates, and the worker's."""

    owner_url: str = field(repr=False)
    worker_url: str = field(repr=False)


@dataclass(slots=True)
class PostgresProvisioner:
    """Makes databases and roles; `undo` drops what was made so far."""

    admin_url: str = field(repr=False)
    prefix: str
    entropy: Entropy
    databases: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)

    def node_database(self, label: str) -> str:
        """One role and its database for a node; returns the URL.

        Raises `NetworkCreationException`, as the other methods do.
        """
        with _administering(self.admin_url) as connection:
            name = self._name(label)
            password = self._make_role(connection, name)
            self._make_database(connection, name, name)
        return self._url(name, password, name)

    def notary_database(self, label: str) -> NotaryDatabase:
        """The notary's ledger with an owner and a worker restricted to SELECT and INSERT."""
        database = self._name(f"{label}_ledger")
        owner, worker = f"{database}_owner", f"{database}_worker"
        with _administering(self.admin_url) as connection:
            owner_password = self._make_role(connection, owner)
            worker_password = self._make_role(connection, worker)
            self._make_database(connection, database, owner)
            connection.exec_driver_sql(f'GRANT CONNECT ON DATABASE "{database}" TO "{worker}"')
        owner_url = self._url(owner, owner_password, database)
        with _administering(owner_url) as connection:
            for grant in _default_grants(worker):
                connection.exec_driver_sql(grant)
        return NotaryDatabase(owner_url, self._url(worker, worker_password, database))

    def undo(self) -> None:
        """Drop databases, then roles."""
        drop_provisioned(self.admin_url, self.databases, self.roles)
        self.databases.clear()
        self.roles.clear()

    def _name(self, label: str) -> str:
        kept = "".join(c if c.isascii() and c.isalnum() else "_" for c in label.lower())
        return f"{self.prefix}_{kept[:_MAX_LABEL]}"

    def _make_role(self, connection: Connection, role: str) -> str:
        password = self.entropy(24).hex()
        connection.exec_driver_sql(f"CREATE ROLE \"{role}\" LOGIN PASSWORD '{password}'")
        self.roles.append(role)
        connection.exec_driver_sql(f'GRANT "{role}" TO CURRENT_USER')
        return password

    def _make_database(self, connection: Connection, database: str, owner: str) -> None:
        connection.exec_driver_sql(f'CREATE DATABASE "{database}" OWNER "{owner}"')
        self.databases.append(database)
        connection.exec_driver_sql(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')

    def _url(self, user: str, password: str, database: str) -> str:
        url = make_url(self.admin_url).set(username=user, password=password, database=database)
        return url.render_as_string(hide_password=False)


def restrict_worker(owner_url: str, worker_url: str) -> None:
    """After the migrations: the worker reads the schema's version, but doesn't write it."""
    worker = make_url(worker_url).username
    with _administering(owner_url) as connection:
        connection.exec_driver_sql(f'REVOKE INSERT ON alembic_version FROM "{worker}"')


def drop_provisioned(admin_url: str, databases: list[str], roles: list[str]) -> None:
    """Drop what `network create` made. Raises `NetworkCreationException`."""
    with _administering(admin_url) as connection:
        for database in reversed(databases):
            drop_database(connection, database)
        for role in reversed(roles):
            connection.exec_driver_sql(f'DROP ROLE IF EXISTS "{role}"')


def drop_database(connection: Connection, database: str) -> None:
    """End the sessions that our role may end, then drop `database` if it exists.

    `WITH (FORCE)` fails whenever an autovacuum worker is at work in the database, because that one
    belongs to the superuser. A plain DROP ends autovacuum workers itself, whoever owns them, and
    waits five seconds for the others to go.

    Raises `SQLAlchemyError` when sessions of others remain.
    """
    connection.execute(text(_END_SESSIONS), {"database": database})
    connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{database}"')


def _default_grants(worker: str) -> tuple[str, ...]:
    return (
        f'GRANT USAGE ON SCHEMA public TO "{worker}"',
        f'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO "{worker}"',
        f'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO "{worker}"',
    )


@contextmanager
def _administering(url: str) -> Iterator[Connection]:
    engine = create_engine(parse_url(url), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as bad:
        cause = getattr(bad, "orig", None) or bad
        raise NetworkCreationException(f"PostgreSQL refuses: {cause}") from bad
    finally:
        engine.dispose()
