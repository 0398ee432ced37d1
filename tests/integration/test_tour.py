"""The README's five minutes, run as printed in a shell: the same output, but for ids and times."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
VARYING = (
    (re.compile(r" +"), " "),
    (UUID, "UUID"),
    (re.compile(r"\b[0-9A-F]{64}\b"), "HASH"),
    (re.compile(r"\bDL\w+"), "KEY"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00"), "TIME"),
    (re.compile(r"\S*/mynet/"), "mynet/"),
    (re.compile(r"127\.0\.0\.1:\d+"), "ADDRESS"),
    (re.compile(r"\b\d{3,7}(?= (ready|standby))"), "PID"),
)


@dataclass
class Command:
    """A line after `$`, and what is printed below it."""

    line: str
    printed: list[str] = field(default_factory=list)


def tour() -> list[Command]:
    """The commands of the README's section."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.partition("## Five minutes")[2].partition("\n## ")[0]
    commands: list[Command] = []
    for block in re.findall(r"```console\n(.*?)```", section, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                commands.append(Command(line[2:]))
            else:
                commands[-1].printed.append(line)
    return commands


def steady(lines: list[str]) -> list[str]:
    """The lines without what is different in each run."""
    found = []
    for line in lines:
        text = line
        for pattern, name in VARYING:
            text = pattern.sub(name, text)
        found.append(text.strip())
    return found


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A directory in which `./corda-sim` is the command under test."""
    command = tmp_path / "corda-sim"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m corda_sim.cli.main "$@"\n')
    command.chmod(0o755)
    yield {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    if (tmp_path / "mynet").exists():
        down = [sys.executable, "-m", "corda_sim.cli.main", "network", "down", "mynet"]
        subprocess.run(down, cwd=tmp_path, check=False)
    shutil.rmtree(tmp_path / "mynet", ignore_errors=True)


def test_the_tour_runs_as_printed(tmp_path: Path, shell: dict[str, str]) -> None:
    ids: dict[str, str] = {}
    commands = tour()
    assert len(commands) > 10
    for command in commands:
        line = UUID.sub(lambda found: ids[found[0]], command.line)
        ran = subprocess.run(
            ["sh", "-c", line],
            cwd=tmp_path,
            env=shell,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        printed = ran.stdout.splitlines()
        if "--client-id" in line and "--no-wait" not in line:
            # How much progress is left to be told depends on the moment.
            printed = printed[-len(command.printed) :]
        assert steady(printed) == steady(command.printed), line
        theirs, ours = UUID.findall("\n".join(command.printed)), UUID.findall("\n".join(printed))
        ids.update(zip(theirs, ours, strict=True))
