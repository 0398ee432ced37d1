"""The folder of downloads: filled once, whole or not at all."""

from pathlib import Path

import pytest

from goquorum.cache import cache_root, cached


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CORDA_SIM_CACHE", str(tmp_path))
    return tmp_path


def fill(folder: Path) -> None:
    (folder / "file").write_text("content")


def test_it_is_filled_once(root: Path) -> None:
    folder = cached("npm", "a-1", fill)
    assert folder == root / "npm/a-1"
    (folder / "file").write_text("kept")
    assert (cached("npm", "a-1", fill) / "file").read_text() == "kept"
    assert (cached("npm", "a-2", fill) / "file").read_text() == "content"


def test_a_failed_filling_leaves_nothing_and_is_tried_again(root: Path) -> None:
    def fail(folder: Path) -> None:
        fill(folder)
        raise OSError("no network")

    with pytest.raises(OSError, match="no network"):
        cached("npm", "a-1", fail)
    assert not (root / "npm/a-1").exists()
    assert (cached("npm", "a-1", fill) / "file").read_text() == "content"


def test_it_lies_where_the_user_keeps_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CORDA_SIM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_root() == Path("/somewhere/corda-sim")
