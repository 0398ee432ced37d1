"""docs/writing-a-cordapp.md: its files are packed, installed and run as they stand there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "writing-a-cordapp.md").read_text(encoding="utf-8")
FILES: dict[str, str] = dict(
    re.findall(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```$", TUTORIAL, re.MULTILINE | re.DOTALL)
)


def run(*command: str, cwd: Path, path: Path) -> str:
    """What a command of Python's prints, with the installed CorDapp on its path."""
    ran = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": f"{path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The CorDapp's project, with the installed package in `site`."""
    pytest.importorskip("pip")
    project = tmp_path_factory.mktemp("iou")
    for name, content in FILES.items():
        file = project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    site = project / "site"
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--target", str(site))
    run("pip", "install", *options, ".", cwd=project, path=site)
    return project


def test_the_page_has_every_file_that_it_lists() -> None:
    listed = re.findall(r"^  ([\w./]+\.(?:py|toml))", TUTORIAL, re.MULTILINE)
    assert listed
    assert set(listed) == set(FILES)


def test_its_tests_pass(installed: Path) -> None:
    options = ("-q", "-p", "no:cacheprovider", "--import-mode=importlib", "--rootdir=.")
    printed = run("pytest", *options, "tests", cwd=installed, path=installed / "site")
    assert "4 passed" in printed


def test_a_network_is_made_with_it(installed: Path, tmp_path: Path) -> None:
    def corda_sim(*arguments: str) -> str:
        return run("corda_sim.cli.main", *arguments, cwd=tmp_path, path=installed / "site")

    corda_sim("network", "create", "net", "--parties", "PartyA")
    versions = json.loads(corda_sim("-n", "net/PartyA", "db", "current", "--json"))
    assert {"branch": "iou", "revision": "iou_0001", "head": "iou_0001"} in versions
    archives = list((tmp_path / "net" / "PartyA" / "cordapps").iterdir())
    assert any("iou" in archive.name for archive in archives)
