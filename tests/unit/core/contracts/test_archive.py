"""Contract archives that hide more than their bytes show."""

import struct
import zipfile
from io import BytesIO

import pytest

from corda_sim.core.contracts.archive import read_archive, write_archive
from corda_sim.core.errors import DecodeError

FILES = {"a.py": b"A" * 1000, "b.py": b"B = 1\n"}


def listed_again(archive: bytes, times: int) -> bytes:
    """The archive of one file, listed so many times, always over the same bytes."""
    *_, size, start, _ = struct.unpack("<4s4H2LH", archive[-22:])
    entry = archive[start : start + size]
    entries = b"".join(entry.replace(b"a.py", b"%c.py" % (97 + n)) for n in range(times))
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, times, times, len(entries), start, 0)
    return archive[:start] + entries + end


def test_what_is_written_is_read() -> None:
    assert read_archive(write_archive(FILES)) == FILES


def test_files_that_share_their_bytes_are_refused() -> None:
    bomb = listed_again(write_archive({"a.py": b"A" * 10_000}), 20)

    with pytest.raises(DecodeError, match="one behind the other"):
        read_archive(bomb)


def test_compressed_files_are_refused() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.py", b"#" * 1_000_000)

    with pytest.raises(DecodeError):
        read_archive(buffer.getvalue())


@pytest.mark.parametrize("path", ["a.txt", "../a.py", "/a.py", "a b.py", "a/.py", "a.pyc"])
def test_other_files_than_modules_are_refused(path: str) -> None:
    with pytest.raises(DecodeError, match="no Python module"):
        read_archive(write_archive({path: b""}))


@pytest.mark.parametrize("damage", [b"", b"x"], ids=["shorter", "longer"])
def test_another_form_of_the_same_files_is_refused(damage: bytes) -> None:
    archive = write_archive(FILES)

    with pytest.raises(DecodeError):
        read_archive(archive + damage if damage else archive[:-1])
