"""What every part that opens a database agrees on: the driver, and how an instant is stored."""

from datetime import UTC, datetime

from sqlalchemy import URL, DateTime, Dialect
from sqlalchemy.types import TypeDecorator


def with_driver(url: URL) -> URL:
    """A URL of PostgreSQL with the driver that we install; another one as it is."""
    is_postgresql = url.get_backend_name() in {"postgresql", "postgres"}
    return url.set(drivername="postgresql+psycopg") if is_postgresql else url


class Instant(TypeDecorator[datetime]):
    """A point in time, aware and in UTC; SQLite keeps no zone, so it is restored on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC.

        Raises:
            ValueError: the datetime is naive, so that its instant is a guess.
        """
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"a naive datetime names no instant: {value!r}"
            raise ValueError(msg)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Restore the zone."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
