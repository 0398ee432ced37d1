"""`network create` from a bare PostgreSQL URL: a database and role a node, a restricted notary."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from corda_sim.node.config import load_config
from corda_sim.node.manifest import read_manifest
from corda_sim.node.network_create import NetworkRequest, NotarySeat, create_network
from corda_sim.node.network_errors import NetworkCreationException
from corda_sim.node.provision import drop_database
from corda_sim.node.storage.migrate import current
from corda_sim.node.supervisor import Supervisor

ADMIN_URL = os.environ.get("CORDA_SIM_TEST_POSTGRES", "")

pytestmark = [
    pytest.mark.integration,
    pytest.mark.postgres,
    pytest.mark.skipif(not ADMIN_URL, reason="CORDA_SIM_TEST_POSTGRES names no server"),
]


def run(url: str, statement: str) -> list[object]:
    driver = make_url(url).set(drivername="postgresql+psycopg")
    engine = create_engine(driver, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            result = connection.execute(text(statement))
            return list(result.scalars()) if result.returns_rows else []
    finally:
        engine.dispose()


def names(kind: str) -> set[object]:
    column, table = ("datname", "pg_database") if kind == "database" else ("rolname", "pg_roles")
    return set(run(ADMIN_URL, f"SELECT {column} FROM {table} WHERE {column} LIKE 'csim\\_%'"))


def ignore(_seat: NotarySeat) -> None:
    """The notary's own set-up has its own tests."""


def make(target: Path) -> None:
    request = NetworkRequest(["PartyA"], databases=[ADMIN_URL], outsider=False, cordapps=[])
    create_network(target, request, ignore, now=datetime.now(UTC))


def test_each_node_has_its_own_database_and_the_notary_may_only_insert(tmp_path: Path) -> None:
    before = names("database"), names("role")
    make(tmp_path / "net")
    made = read_manifest(tmp_path / "net").postgres
    assert made is not None
    assert len(made.databases) == 4
    try:
        party, other = (load_config(tmp_path / "net" / n) for n in ("PartyA", "Validator"))
        url = party.data_source_properties.url
        assert {v.branch: v.up_to_date for v in current(url)}["node"]
        run(url, "DELETE FROM node_transactions")
        foreign = make_url(url).set(database=make_url(other.data_source_properties.url).database)
        with pytest.raises(Exception, match="permission denied for database"):
            run(foreign.render_as_string(hide_password=False), "SELECT 1")
        notary = load_config(tmp_path / "net" / "Notary").notary
        assert notary is not None
        ledger = notary.data_source_properties.url
        table = run(ledger, "SELECT tablename FROM pg_tables WHERE tablename LIKE 'notary%'")[0]
        run(ledger, f"SELECT * FROM {table}")
        for statement in (
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
            f"DROP TABLE {table}",
            "CREATE TABLE x (y int)",
            "INSERT INTO alembic_version VALUES ('x')",
        ):
            with pytest.raises(ProgrammingError):
                run(ledger, statement)
        owner = tmp_path / "net" / "Notary" / "notary-database-owner"
        assert owner.stat().st_mode & 0o777 == 0o600
    finally:
        Supervisor(tmp_path / "net").destroy(yes=True)
    assert (names("database"), names("role")) == before


def test_a_failure_drops_what_was_made(tmp_path: Path) -> None:
    def fail(_seat: NotarySeat) -> None:
        raise NetworkCreationException("no")

    before = names("database"), names("role")
    request = NetworkRequest(["PartyA"], databases=[ADMIN_URL], outsider=False, cordapps=[])
    with pytest.raises(NetworkCreationException):
        create_network(tmp_path / "net", request, fail)
    assert (names("database"), names("role")) == before


def test_a_database_is_dropped_while_a_session_is_open_in_it() -> None:
    name = f"csim_dropped_{os.getpid()}"
    run(ADMIN_URL, f"CREATE DATABASE {name}")
    server = make_url(ADMIN_URL).set(drivername="postgresql+psycopg")
    session = create_engine(server.set(database=name))
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with session.connect(), admin.connect() as connection:
        drop_database(connection, name)
    session.dispose()
    admin.dispose()
    assert name not in names("database")
