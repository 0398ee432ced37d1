"""`pip install .` gives the same `corda-sim`: the wheel in an environment of its own."""

import json
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
PACKAGES = ("corda_sim", "states", "flows", "notary", "migrations")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a copy of the sources, so that no build leaves anything behind in them."""
    pytest.importorskip("pip")
    base = tmp_path_factory.mktemp("wheel")
    copy = base / "sources"
    copy.mkdir()
    for name in (*PACKAGES, "pyproject.toml", "README.md", "LICENSE"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(base), str(copy)], check=True)
    (made,) = base.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`corda-sim` of a new environment, which borrows the dependencies of this one."""
    environment = tmp_path_factory.mktemp("venv")
    venv.create(environment, with_pip=False)
    (site,) = environment.glob("lib/python3.*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps"]
    # An installed package of the same version elsewhere on the path is no reason to do nothing.
    subprocess.run([*pip, "--force-reinstall", "--no-index", str(wheel)], check=True)
    return environment / "bin" / "corda-sim"


def test_the_wheel_holds_migrations_entry_points_and_types(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (entry_points,) = (name for name in names if name.endswith("/entry_points.txt"))
        text = archive.read(entry_points).decode()
    revisions = {str(file.relative_to(ROOT)) for file in (ROOT / "migrations").rglob("*.py")}
    assert revisions
    assert revisions <= names
    assert {"corda_sim/py.typed", "flows/py.typed"} <= names
    assert "corda-sim = corda_sim.cli.main:main" in text
    assert "[corda_sim.cordapps]" in text
    assert not [name for name in names if name.startswith(("tests/", "bench/", "docs/"))]


def test_the_installed_command_makes_and_checks_a_network(command: Path, tmp_path: Path) -> None:
    def corda_sim(*arguments: str) -> str:
        ran = subprocess.run(
            [command, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    where = "import corda_sim; print(corda_sim.__file__)"
    python = command.with_name("python")
    found = subprocess.run([python, "-c", where], cwd=tmp_path, capture_output=True, check=True)
    assert found.stdout.decode().startswith(str(command.parent.parent))
    corda_sim("network", "create", "net", "--parties", "PartyA")
    versions = json.loads(corda_sim("-n", "net/Notary", "db", "current", "--json"))
    assert {"node", "cash", "accounts", "notary"} <= {one["branch"] for one in versions}
    assert json.loads(corda_sim("check", "net", "--json")) == {"violations": []}
    nodes = json.loads(corda_sim("network", "up", "net", "--json"))["nodes"]
    try:
        assert [node["state"] for node in nodes] == ["ready"] * len(nodes)
    finally:
        corda_sim("network", "down", "net")
