"""`pip install .` gives the same `corda-sim`: the wheel in an environment of its own.

The new environment has the wheel and what the wheel says it needs, nothing else: a dependency that
isn't declared is missing there. What is declared isn't fetched, so that the test needs no package
index: it is copied, as each package's record lists its files, from the environment of the tests.
"""

import json
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterable, Iterator
from email import message_from_bytes
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

pytestmark = [pytest.mark.integration, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
PACKAGES = ("corda_sim", "states", "flows", "notary", "migrations", "goquorum")


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


def requirements_of(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name)).get_all("Requires-Dist", [])


def needed(
    requirements: Iterable[str], extras: frozenset[str], seen: set[tuple[str, frozenset[str]]]
) -> Iterator[Distribution]:
    """What is asked for, and what that asks for in its turn; each once."""
    for requirement in map(Requirement, requirements):
        marker, asked = requirement.marker, frozenset(requirement.extras)
        if marker is not None and not any(marker.evaluate({"extra": e}) for e in {"", *extras}):
            continue
        found = distribution(requirement.name)
        if (key := (found.name, asked)) not in seen:
            seen.add(key)
            yield found
            yield from needed(found.requires or (), asked, seen)


def copy_package(package: Distribution, source: Path, target: Path) -> None:
    for file in package.files or ():
        if ".." not in file.parts and (source / file).is_file():
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / file, target / file)


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`corda-sim` of an environment that holds the wheel and its declared dependencies alone."""
    environment = tmp_path_factory.mktemp("venv")
    venv.create(environment, with_pip=False, system_site_packages=False)
    (site,) = environment.glob("lib/python3.*/site-packages")
    for package in needed(requirements_of(wheel), frozenset(), set()):
        copy_package(package, Path(sysconfig.get_paths()["purelib"]), site)
    pip = [sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python")]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    subprocess.run([*pip, "check"], check=True)
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


def loaded(command: Path, folder: Path, module: str) -> str:
    """Where the environment of the command has a module from, empty when it lacks it."""
    code = f"from importlib.util import find_spec as f; print(getattr(f({module!r}), 'origin', ''))"
    python = command.with_name("python")
    ran = subprocess.run([python, "-c", code], cwd=folder, capture_output=True, check=True)
    return ran.stdout.decode().strip()


@pytest.mark.parametrize("module", ["pytest", "hypothesis", "trie", "pip"])
def test_nothing_undeclared_is_there(command: Path, tmp_path: Path, module: str) -> None:
    assert loaded(command, tmp_path, module) == ""


@pytest.mark.parametrize(
    "package", ["corda_sim.cli", "corda_sim.rpc", "flows", "goquorum", "notary", "states"]
)
def test_every_module_finds_what_it_imports(command: Path, tmp_path: Path, package: str) -> None:
    code = (
        f"import importlib, pkgutil, {package} as top\n"
        "for found in pkgutil.walk_packages(top.__path__, top.__name__ + '.'):\n"
        "    found.name.endswith('__main__') or importlib.import_module(found.name)\n"
    )
    python = command.with_name("python")
    ran = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()


def test_the_installed_command_makes_and_checks_a_network(command: Path, tmp_path: Path) -> None:
    def corda_sim(*arguments: str) -> str:
        ran = subprocess.run(
            [command, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    assert loaded(command, tmp_path, "corda_sim").startswith(str(command.parent.parent))
    corda_sim("network", "create", "net", "--parties", "PartyA")
    versions = json.loads(corda_sim("-n", "net/Notary", "db", "current", "--json"))
    assert {"node", "cash", "accounts", "notary"} <= {one["branch"] for one in versions}
    assert json.loads(corda_sim("check", "net", "--json")) == {"violations": []}
    nodes = json.loads(corda_sim("network", "up", "net", "--json"))["nodes"]
    try:
        assert [node["state"] for node in nodes] == ["ready"] * len(nodes)
    finally:
        corda_sim("network", "down", "net")
