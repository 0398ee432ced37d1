"""Files that their owner alone may read."""

import os
import subprocess
import sys
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


def test_what_a_crash_left_is_no_hindrance_and_goes(tmp_path: Path) -> None:
    file = tmp_path / "key[1]"
    died = subprocess.Popen([sys.executable, "-c", ""])
    died.wait()
    for pid in (os.getpid(), died.pid):
        (tmp_path / f".key[1].{pid}").write_bytes(b"half")
    write_private(file, b"whole")
    assert file.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [file]


def test_what_another_process_writes_just_now_stays(tmp_path: Path) -> None:
    file = tmp_path / "key"
    others = {tmp_path / name for name in (f".key.{os.getppid()}", ".key.note", ".keys.1")}
    for other in others:
        other.write_bytes(b"theirs")
    write_private(file, b"ours")
    assert set(tmp_path.iterdir()) == {file, *others}


def test_content_and_name_are_durable_in_this_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        done.append("sync " + Path(f"/proc/self/fd/{descriptor}").readlink().name)
        sync(descriptor)

    def replaced(path: Path, target: Path) -> Path:
        done.append(f"rename {path.name}")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    write_private(tmp_path / "key", b"new")
    scratch = f".key.{os.getpid()}"
    assert done == [f"sync {scratch}", f"rename {scratch}", f"sync {tmp_path.name}"]


def test_a_refused_write_keeps_the_old_content(tmp_path: Path) -> None:
    file = tmp_path / "key"
    write_private(file, b"old")
    with pytest.raises(TypeError):
        write_private(file, "no bytes")  # type: ignore[arg-type]
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_it_is_made_once(tmp_path: Path) -> None:
    file = tmp_path / "key"
    assert read_or_make(file, lambda: b"first") == b"first"
    assert read_or_make(file, lambda: b"second") == b"first"
