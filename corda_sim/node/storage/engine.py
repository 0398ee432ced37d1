"""Opening SQLite and PostgreSQL with the durability that a ledger needs."""

from typing import Any, Final, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from corda_sim.local.databases import with_driver
from corda_sim.node.storage.errors import CouldNotCreateDataSourceException

BUSY_TIMEOUT_MILLIS: Final = 5_000
CONNECT_TIMEOUT_SECONDS: Final = 5
_READ_POOL: Final = 4

_SQLITE_PRAGMAS: Final = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MILLIS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA case_sensitive_like = ON",  # as PostgreSQL's LIKE is
)

Mode = Literal["read", "query", "write"]


def parse_url(url: str) -> URL:
    """The URL with its driver settled: `sqlite:///FILE` or `postgresql://USER:PW@HOST/DB`.

    Raises:
        CouldNotCreateDataSourceException: it is no URL, or of another database.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise CouldNotCreateDataSourceException(f"not a database URL: {url!r}") from error
    match parsed.get_backend_name():
        case "sqlite":
            return _sqlite_file(parsed)
        case "postgresql" | "postgres":
            return with_driver(parsed)
        case other:
            raise CouldNotCreateDataSourceException(
                f"{other!r} is not supported: expected sqlite:///FILE or postgresql://…"
            )


def _sqlite_file(url: URL) -> URL:
    if url.database in {None, "", ":memory:"}:
        raise CouldNotCreateDataSourceException(
            "SQLite in memory can't outlive a process: give a file, sqlite:///PATH"
        )
    return url.set(drivername="sqlite")


def open_engine(url: str, *, mode: Mode = "write", tag: str = "corda-sim") -> Engine:
    """An engine on `url`, whose connections are for one purpose.

    Args:
        url: `sqlite:///FILE` or `postgresql://…`.
        mode: write starts SQLite transactions with their lock taken; read sees one state of the
            database in all queries until the connection is given back, query in each by itself,
            which spares BEGIN and ROLLBACK.
        tag: PostgreSQL's `application_name`, by which a successor ends this holder's sessions.

    Raises:
        CouldNotCreateDataSourceException: the URL can't be used.
    """
    parsed = parse_url(url)
    try:
        if parsed.get_backend_name() == "sqlite":
            return _open_sqlite(parsed, mode)
        return _open_postgresql(parsed, mode, tag)
    except NoSuchModuleError as error:
        raise CouldNotCreateDataSourceException(f"{error}") from error


def _open_sqlite(url: URL, mode: Mode) -> Engine:
    engine = create_engine(url, pool_size=_READ_POOL, max_overflow=-1, hide_parameters=True)
    begin = {"write": "BEGIN IMMEDIATE", "read": "BEGIN", "query": ""}[mode]

    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401
        # The driver's own transaction handling would commit before DDL and skip BEGIN on reads.
        connection.isolation_level = None
        for pragma in _SQLITE_PRAGMAS:
            connection.execute(pragma)

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", prepare)
    if begin:
        event.listen(engine, "begin", start)
    return engine


def _open_postgresql(url: URL, mode: Mode, tag: str) -> Engine:
    engine = create_engine(
        url,
        pool_size=1 if mode == "write" else _READ_POOL,
        max_overflow=_READ_POOL,
        pool_pre_ping=mode != "write",
        isolation_level="AUTOCOMMIT" if mode == "query" else None,
        hide_parameters=True,
        connect_args={
            "application_name": tag,
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            "options": "-c timezone=UTC",
            "keepalives_idle": 2,
            "keepalives_interval": 1,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
        },
    )
    event.listen(engine, "connect", _require_synchronous_commit)
    return engine


def _require_synchronous_commit(connection: Any, _record: object) -> None:  # noqa: ANN401
    """Refuse to acknowledge commits that a crash of the server may lose, whoever configured it."""
    with connection.cursor() as cursor:
        if cursor.execute("SHOW synchronous_commit").fetchone()[0] == "off":
            cursor.execute("SET synchronous_commit = on")
    connection.commit()
