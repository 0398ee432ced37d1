"""The sealed log: what an edit from outside comes to."""

import os
import sqlite3
from pathlib import Path

import pytest

from corda_sim.lcp.enclave.sealing import FILE_NAME, SealedLog
from corda_sim.lcp.errors import SealedStateException

KEY = b"\x07" * 32
SECRET = b"a secret that must not be seen on disk"


def opened(directory: Path, key: bytes = KEY) -> SealedLog:
    return SealedLog(directory, key, os.urandom)


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """Three records."""
    log = opened(tmp_path)
    log.append({"a": SECRET, "b": b""})
    log.append({"a": b"2", "c": b"3"})
    log.append({"b": None, "d": b"4"})
    log.close()
    return tmp_path


def edit(directory: Path, statement: str, *values: object) -> None:
    database = sqlite3.connect(directory / FILE_NAME)
    with database:
        database.execute(statement, values)
    database.close()


def refused(directory: Path, key: bytes = KEY) -> str:
    log = opened(directory, key)
    with pytest.raises(SealedStateException) as caught:
        log.load()
    log.close()
    return str(caught.value)


def test_a_log_gives_back_what_was_sealed(sealed: Path) -> None:
    log = opened(sealed)
    assert log.load().values == {"a": b"2", "c": b"3", "d": b"4"}
    log.append({"e": b"5"})
    log.close()
    again = opened(sealed)
    assert again.load().values["e"] == b"5"
    again.close()


def test_nothing_is_readable_and_no_other_user_may_try(sealed: Path) -> None:
    for path in sealed.iterdir():
        assert SECRET not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("place", [1, 2, 3])
@pytest.mark.parametrize("at", [0, 12, 20, -1])
def test_one_edited_byte_is_found(sealed: Path, place: int, at: int) -> None:
    database = sqlite3.connect(sealed / FILE_NAME)
    (record,) = database.execute("SELECT record FROM log WHERE place = ?", (place,)).fetchone()
    database.close()
    changed = bytearray(record)
    changed[at] ^= 1
    edit(sealed, "UPDATE log SET record = ? WHERE place = ?", bytes(changed), place)
    assert refused(sealed) == f"record {place} of the sealed state was edited"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM log WHERE place = 1",
        "DELETE FROM log WHERE place = 2",
        "UPDATE log SET record = (SELECT record FROM log WHERE place = 1) WHERE place = 2",
        "UPDATE log SET record = 'text' WHERE place = 2",
        "UPDATE log SET record = x'' WHERE place = 3",
        "INSERT INTO log SELECT 4, record FROM log WHERE place = 3",
        "INSERT INTO log SELECT 0, record FROM log WHERE place = 1",
        "UPDATE log SET place = 5 WHERE place = 3",
    ],
)
def test_records_that_are_missing_moved_or_doubled(sealed: Path, statement: str) -> None:
    edit(sealed, statement)
    assert "the sealed state" in refused(sealed)


def test_another_key_opens_nothing(sealed: Path) -> None:
    assert refused(sealed, b"\x08" * 32) == "record 1 of the sealed state was edited"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database" * 100)
    with pytest.raises(SealedStateException):
        opened(tmp_path)


def test_one_process_at_a_time(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = opened(sealed)
    log.load()
    log.append({"x": b"1"})
    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path: real(path, timeout=0))
    with pytest.raises(SealedStateException):
        opened(sealed)
    log.close()
