"""Sealed state: a log of changes, each encrypted under the enclave's key and bound to the last.

AES-256-GCM; the place in the log and the former record's tag are authenticated with each record, so
that an edited, exchanged, inserted or missing one is found when the log is opened. Like SGX without
a monotonic counter, it can't tell an old copy of the whole log from the newest.
"""

import dataclasses
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.protobuf import Field, Message
from corda_sim.lcp.enclave.state import Changes, EnclaveState
from corda_sim.lcp.errors import SealedStateException

FILE_NAME: Final = "sealed.sqlite"
_NONCE, _TAG = 12, 16
_TABLE = "CREATE TABLE IF NOT EXISTS log (place INTEGER PRIMARY KEY, record BLOB NOT NULL)"


@dataclasses.dataclass(frozen=True, slots=True)
class _Change(Message):
    path: Annotated[str, Field(1)]
    value: Annotated[bytes | None, Field(2)] = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class _Record(Message):
    changes: Annotated[tuple[_Change, ...], Field(1)] = dataclasses.field(repr=False)


class SealedLog:
    """The log in a directory, made with mode 0600 where there is none.

    Raises: SealedStateException, also when another process has it.
    """

    def __init__(self, directory: Path, key: bytes, entropy: Callable[[int], bytes]) -> None:
        self._cipher = AESGCM(key)
        self._entropy = entropy
        self._place, self._tag = 0, bytes(_TAG)
        try:
            self._database = _open(directory / FILE_NAME)
        except sqlite3.Error as error:
            raise SealedStateException(f"the sealed state can't be opened: {error}") from error

    def load(self) -> EnclaveState:
        """The state after all that the log holds. Raises: SealedStateException."""
        values: dict[str, bytes] = {}
        try:
            rows = self._database.execute("SELECT place, record FROM log ORDER BY place")
            for place, sealed in rows:
                _apply(values, self._unseal(place, sealed))
        except (sqlite3.Error, TypeError) as error:
            raise SealedStateException(f"the sealed state can't be read: {error}") from error
        return EnclaveState(values)

    def append(self, changes: Changes) -> None:
        """Seal changes; they are on disk when this returns. Raises: SealedStateException."""
        record = _Record(tuple(_Change(path, value) for path, value in changes.items()))
        nonce = self._entropy(_NONCE)
        place = self._place + 1
        sealed = nonce + self._cipher.encrypt(nonce, record.encode(), self._bound(place))
        try:
            with self._database:
                self._database.execute("INSERT INTO log VALUES (?, ?)", (place, sealed))
        except sqlite3.Error as error:
            raise SealedStateException(f"the state can't be sealed: {error}") from error
        self._place, self._tag = place, sealed[-_TAG:]

    def close(self) -> None:
        """Leave the file to others."""
        self._database.close()

    def _unseal(self, place: int, sealed: bytes) -> _Record:
        expected = self._place + 1
        try:
            if place != expected:
                raise SealedStateException(f"record {expected} of the sealed state is missing")
            plain = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], self._bound(place))
            record = _Record.decode_strict(plain)
        except (InvalidTag, ValueError, DecodeError) as error:
            raise SealedStateException(f"record {place} of the sealed state was edited") from error
        self._place, self._tag = place, sealed[-_TAG:]
        return record

    def _bound(self, place: int) -> bytes:
        return place.to_bytes(8, "big") + self._tag


def _open(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    database = sqlite3.connect(path)
    # No other process is let in, and none has to be told of changes.
    database.execute("PRAGMA locking_mode=EXCLUSIVE")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(_TABLE)
    database.commit()
    return database


def _apply(values: dict[str, bytes], record: _Record) -> None:
    for change in record.changes:
        if change.value is None:
            values.pop(change.path, None)
        else:
            values[change.path] = change.value
