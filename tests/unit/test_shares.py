"""Runs in parts, and runs taken up again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.shares import Part

TESTS = """
import pytest

@pytest.mark.parametrize("number", range(7))
def test_it(number):
    assert number != 5
"""


@pytest.mark.parametrize("of", [1, 2, 3, 10])
def test_all_parts_together_are_the_whole(of: int) -> None:
    items = list(range(7))
    parts = [Part(number, of).takes(items) for number in range(1, of + 1)]
    assert sorted(item for part in parts for item in part) == items


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "a/b", "1/2/3", "-1/2"])
def test_other_parts_are_refused(text: str) -> None:
    with pytest.raises(pytest.UsageError, match="expected I/N"):
        Part.parse(text)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "conftest.py").write_text("from tests.conftest import *\n")
    (tmp_path / "test_some.py").write_text(TESTS)
    return tmp_path


def ran(project: Path, *options: str) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "--rootdir", str(project)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command += ["--passed", str(project / "passed"), *options, "test_some.py"]
    done = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("extra", [(), ("-n", "2")], ids=["alone", "on two processes"])
def test_what_has_passed_is_left_out_when_a_run_is_taken_up(
    project: Path, extra: tuple[str, ...]
) -> None:
    first, again = ran(project, "--part", "2/2", *extra), ran(project, *extra)

    assert first.startswith("1 failed, 2 passed")  # of 1, 3 and 5
    assert again.startswith("1 failed, 4 passed")
    assert (project / "passed").read_text().count("test_it") == 6
