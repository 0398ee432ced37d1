"""Files that their owner alone may read."""

import os
from pathlib import Path

import pytest

from corda_sim.local.files import read_or_make, write_private


def test_the_content_is_replaced_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"old")
    file.chmod(0o644)
    write_private(file, b"new")
    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_what_a_crash_left_is_no_hindrance(tmp_path: Path) -> None:
    file = tmp_path / "key"
    (tmp_path / f".key.{os.getpid()}").write_bytes(b"half")
    write_private(file, b"whole")
    assert file.read_bytes() == b"whole"


def test_a_refused_write_keeps_the_old_content(tmp_path: Path) -> None:
    file = tmp_path / "key"
    write_private(file, b"old")
    with pytest.raises(TypeError):
        write_private(file, "no bytes")  # type: ignore[arg-type]
    assert file.read_bytes() == b"old"


def test_it_is_made_once(tmp_path: Path) -> None:
    file = tmp_path / "key"
    assert read_or_make(file, lambda: b"first") == b"first"
    assert read_or_make(file, lambda: b"second") == b"first"
