"""Finding GoQuorum, and telling its version."""

from pathlib import Path

import pytest

from goquorum.devnet.geth_binary import (
    GethMissing,
    find_geth,
    quorum_version,
    version_warning,
)
from tests.unit.goquorum.devnet.conftest import FakeGeth


def test_the_named_one_comes_first(
    fake_geth: FakeGeth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    geth = fake_geth()
    monkeypatch.setenv("PATH", str(geth.parent))
    monkeypatch.setenv("GOQUORUM_GETH", str(tmp_path / "other"))
    assert find_geth(geth) == geth
    with pytest.raises(GethMissing, match="other is no program"):
        find_geth(None)
    monkeypatch.setenv("GOQUORUM_GETH", str(geth))
    assert find_geth(None) == geth
    monkeypatch.delenv("GOQUORUM_GETH")
    assert find_geth(None) == geth


def test_without_any_the_user_is_told_how_to_point_to_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("GOQUORUM_GETH", raising=False)
    with pytest.raises(GethMissing, match=r"no geth on the PATH: .*--geth PATH or \$GOQUORUM_GETH"):
        find_geth(None)


def test_a_file_that_may_not_run_is_no_program(tmp_path: Path) -> None:
    file = tmp_path / "geth"
    file.write_text("not a program")
    with pytest.raises(GethMissing, match="is no program"):
        find_geth(file)


def test_the_version_of_quorum_counts_not_geths(fake_geth: FakeGeth) -> None:
    assert quorum_version(fake_geth()) == "22.4.0"


def test_plain_geth_is_no_goquorum(fake_geth: FakeGeth) -> None:
    with pytest.raises(GethMissing, match="names no Quorum Version"):
        quorum_version(fake_geth(version="Architecture: amd64"))


def test_a_file_that_is_no_program_after_all(tmp_path: Path) -> None:
    file = tmp_path / "geth"
    file.write_bytes(b"\0\0\0\0")
    file.chmod(0o700)
    with pytest.raises(GethMissing, match="doesn't run"):
        quorum_version(file)


def test_only_another_version_is_warned_of() -> None:
    assert version_warning("22.4.0") is None
    warning = version_warning("22.7.4")
    assert warning is not None
    assert warning.startswith("This is GoQuorum 22.7.4, not 22.4.0: ")
