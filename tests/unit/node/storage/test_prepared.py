"""Rows written past SQLAlchemy must be those that it writes itself."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import (
    Boolean,
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    delete,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError

from corda_sim.local.databases import Instant
from corda_sim.node.storage.errors import StorageError
from corda_sim.node.storage.prepared import Prepared

TABLE = Table(
    "held",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String(20)),
    Column("content", LargeBinary),
    Column("held", Boolean),
    Column("since", Instant()),
)
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
POSTGRESQL = create_engine("postgresql+psycopg://").dialect
ROW: Mapping[str, object] = {
    "id": 1,
    "name": "x",
    "content": b"\x00",
    "held": True,
    "since": MOMENT,
}

zones = st.sampled_from([UTC, timezone(timedelta(hours=9)), timezone(timedelta(minutes=-90))])
instants = st.datetimes(MOMENT.replace(1970, tzinfo=None), timezones=zones).filter(
    lambda one: one.year < 9999
)
contents = st.fixed_dictionaries(
    {
        "name": st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        "content": st.none() | st.binary(max_size=8),
        "held": st.none() | st.booleans(),
        "since": st.none() | instants,
    }
)


def opened() -> Engine:
    engine = create_engine("sqlite://")
    TABLE.metadata.create_all(engine)
    return engine


@pytest.fixture(name="engine")
def an_engine() -> Iterator[Engine]:
    engine = opened()
    yield engine
    engine.dispose()


def rows_of(engine: Engine) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(TABLE).order_by(TABLE.c.id))]


@given(st.lists(contents, min_size=1, max_size=5))
def test_the_rows_are_those_that_sqlalchemy_writes(found: list[dict[str, object]]) -> None:
    rows = [{"id": number, **content} for number, content in enumerate(found)]
    ours, theirs = opened(), opened()
    with ours.begin() as connection:
        Prepared(insert(TABLE), rows[0], ours.dialect).execute(connection, rows)
    with theirs.begin() as connection:
        connection.execute(insert(TABLE), rows)
    assert rows_of(ours) == rows_of(theirs)
    ours.dispose()
    theirs.dispose()


def test_rows_are_changed_and_removed(engine: Engine) -> None:
    rows = [{**ROW, "id": number} for number in range(3)]
    change = update(TABLE).where(TABLE.c.id == bindparam("key_id"))
    change = change.values({TABLE.c.name: bindparam("name")})
    removal = delete(TABLE).where(TABLE.c.id == bindparam("key_id"))
    with engine.begin() as connection:
        Prepared(insert(TABLE), ROW, engine.dialect).execute(connection, rows)
        Prepared(change, ["key_id", "name"], engine.dialect).execute(
            connection, [{"key_id": 0, "name": "a"}, {"key_id": 2, "name": "c"}]
        )
        Prepared(removal, ["key_id"], engine.dialect).execute(connection, [{"key_id": 1}])
    assert [row[:2] for row in rows_of(engine)] == [(0, "a"), (2, "c")]


def test_text_takes_the_parameters_that_it_names(engine: Engine) -> None:
    sql = text("INSERT INTO held (id, since) VALUES (:id, :since)").bindparams(
        bindparam("since", type_=Instant())
    )
    with engine.begin() as connection:
        Prepared(sql, ["id", "since"], engine.dialect).execute(
            connection, [{"id": 7, "since": MOMENT, "other": 1}]
        )
    assert rows_of(engine) == [(7, None, None, None, MOMENT)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"since": MOMENT.replace(tzinfo=None)},
        {"since": "yesterday"},
        {"held": "perhaps"},
        {"content": 5},
    ],
)
def test_what_a_column_cannot_hold_is_refused(engine: Engine, wrong: dict[str, object]) -> None:
    prepared = Prepared(insert(TABLE), ROW, engine.dialect)
    with engine.begin() as connection, pytest.raises(StorageError):
        prepared.execute(connection, [ROW, {**ROW, **wrong}])
    assert rows_of(engine) == []


def test_a_row_that_lacks_a_parameter_is_refused(engine: Engine) -> None:
    prepared = Prepared(insert(TABLE), ROW, engine.dialect)
    with engine.begin() as connection, pytest.raises(StorageError, match="KeyError: 'name'"):
        prepared.execute(connection, [{"id": 1}])


def test_what_the_database_refuses_is_its_own_error(engine: Engine) -> None:
    prepared = Prepared(insert(TABLE), ROW, engine.dialect)
    with engine.begin() as connection, pytest.raises(DBAPIError, match="UNIQUE"):
        prepared.execute(connection, [ROW, ROW])


def test_sqlite_takes_values_in_order_and_postgresql_by_name(engine: Engine) -> None:
    row = {"name": "x", "id": 1}
    assert Prepared(insert(TABLE), row, engine.dialect).driver_rows([row]) == [(1, "x")]
    named = Prepared(insert(TABLE), row, POSTGRESQL)
    assert named.sql == "INSERT INTO held (id, name) VALUES (%(id)s::INTEGER, %(name)s::VARCHAR)"
    assert named.driver_rows([row]) == [row]


def test_postgresql_is_asked_for_no_generated_key() -> None:
    assert "RETURNING" not in Prepared(insert(TABLE), ["name"], POSTGRESQL).sql
