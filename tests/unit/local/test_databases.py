"""The driver of a database's URL, and instants in its columns."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, MetaData, Table, create_engine, insert, make_url, select
from sqlalchemy.exc import StatementError

from corda_sim.local.databases import Instant, with_driver

TABLE = Table("seen", MetaData(), Column("since", Instant))


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_postgresql_gets_the_driver_that_is_installed(scheme: str) -> None:
    url = with_driver(make_url(f"{scheme}://u:p@h:5/d?sslmode=require"))
    shown = url.render_as_string(hide_password=False)
    assert shown == "postgresql+psycopg://u:p@h:5/d?sslmode=require"


def test_another_database_keeps_its_own() -> None:
    assert with_driver(make_url("sqlite:///f.db")) == make_url("sqlite:///f.db")


def stored(value: datetime | None) -> datetime | None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        TABLE.create(connection)
        connection.execute(insert(TABLE).values(since=value))
        found: datetime | None = connection.execute(select(TABLE)).scalar_one()
    engine.dispose()
    return found


def test_an_instant_comes_back_in_utc() -> None:
    tokyo = datetime(2026, 1, 1, 9, tzinfo=timezone(timedelta(hours=9)))
    found = stored(tokyo)
    assert found == tokyo
    assert found is not None
    assert found.tzinfo is UTC
    assert stored(None) is None


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(StatementError, match="names no instant"):
        stored(datetime(2026, 1, 1))  # noqa: DTZ001 - what it is about
