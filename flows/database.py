"""Reading the CorDapps' own tables outside a step; writing is `self.execute`'s alone."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Row, TextClause, bindparam, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from corda_sim.local.databases import with_driver

Rows = Callable[..., list[Row[Any]]]


def reader(url: str) -> Rows:
    """A function of SQL and named parameters that gives the committed rows.

    A tuple stands for a list in SQL: `… IN :names`.
    """
    engine = create_engine(with_driver(make_url(url)), poolclass=NullPool)

    def rows(sql: str, **params: object) -> list[Row[Any]]:
        with engine.connect() as connection:
            return list(connection.execute(_statement(sql, params), params))

    return rows


def _statement(sql: str, params: Mapping[str, object]) -> TextClause:
    lists = (name for name, value in params.items() if isinstance(value, tuple))
    return text(sql).bindparams(*(bindparam(name, expanding=True) for name in lists))
