"""Reading the CorDapps' own tables outside a step; writing is `self.execute`'s alone."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Row, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from corda_sim.local.databases import with_driver

Rows = Callable[..., list[Row[Any]]]


def reader(url: str) -> Rows:
    """A function of SQL and named parameters that gives the committed rows."""
    engine = create_engine(with_driver(make_url(url)), poolclass=NullPool)

    def rows(sql: str, **params: object) -> list[Row[Any]]:
        with engine.connect() as connection:
            return list(connection.execute(text(sql), params))

    return rows
