"""What can go wrong between a node and its database, and the translation from drivers' errors."""

from typing import Any, Final

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from corda_sim.flow.errors import (
    ConstraintViolationException,
    DatabaseException,
    TransientDatabaseException,
)


class StorageError(DatabaseException):
    """The database refused a statement."""


class ConstraintViolation(StorageError, ConstraintViolationException):
    """A row breaks a constraint of its table."""


class DuplicateKey(ConstraintViolation):
    """A row with this key exists already."""


class DatabaseUnavailable(StorageError, TransientDatabaseException):
    """The database can't be reached or is busy; nothing was committed, and trying again is safe."""


class CommitOutcomeUnknown(DatabaseUnavailable):
    """The connection was lost during COMMIT and the database couldn't be asked for the outcome.

    Trying again is *not* safe: the process must end and recover from what the database holds.
    """


class DiskFull(StorageError):
    """The database has no room left; nothing was committed."""


class FencedException(StorageError):
    """Another process holds the lease: this one may commit nothing any more."""


class CouldNotCreateDataSourceException(StorageError):
    """The database URL can't be used (named after Corda's exception)."""


class DatabaseMigrationException(StorageError):
    """A migration failed, or its branch is unknown (named after Corda's exception)."""


class OutstandingDatabaseChangesException(DatabaseMigrationException):
    """The schema is older than this release: run `corda-sim db upgrade` (Corda's exception)."""


_SQLITE_FULL: Final = "SQLITE_FULL"
_SQLITE_BUSY: Final = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR")
_PG_DISK_FULL: Final = "53100"
# Connection exceptions, insufficient resources, operator intervention, rollbacks for concurrency,
# lock timeouts.
_PG_RETRYABLE: Final = ("08", "53", "57", "40", "55P03")


def _code(error: DBAPIError) -> str:
    driver: Any = error.orig
    return str(getattr(driver, "sqlite_errorname", None) or getattr(driver, "sqlstate", None) or "")


def _is_unavailable(error: DBAPIError, code: str) -> bool:
    if error.connection_invalidated or code.startswith(_SQLITE_BUSY):
        return True
    if code.startswith("SQLITE"):
        return False
    # A psycopg error without an SQLSTATE never reached a server that could answer.
    return isinstance(error, OperationalError) and (not code or code.startswith(_PG_RETRYABLE))


def translate(error: DBAPIError) -> StorageError:
    """The typed exception for a driver's error; the driver's message is kept."""
    code = _code(error)
    message = f"{error.orig}".strip()
    if isinstance(error, IntegrityError):
        return DuplicateKey(message) if code in _DUPLICATES else ConstraintViolation(message)
    if code in {_SQLITE_FULL, _PG_DISK_FULL}:
        return DiskFull(message)
    if _is_unavailable(error, code):
        return DatabaseUnavailable(message)
    return StorageError(message)


_DUPLICATES: Final = frozenset(
    {
        "SQLITE_CONSTRAINT_PRIMARYKEY",
        "SQLITE_CONSTRAINT_UNIQUE",
        "SQLITE_CONSTRAINT_ROWID",
        "23505",
    }
)
