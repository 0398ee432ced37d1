"""The measurement: what counts, and that one byte of it does."""

import py_compile
import shutil
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import pytest

from corda_sim.lcp.enclave.packages import ClosedWorld, is_measured
from corda_sim.lcp.errors import EnclaveNotMeasuredException
from corda_sim.lcp.quoting.measurement import (
    ROOT,
    enclave_files,
    mapped_files,
    measure,
    package_folders,
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """This program at another place."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "corda_sim", tmp_path / "corda_sim", ignore=ignored)
    return tmp_path


def own(root: Path) -> dict[str, Path]:
    files = enclave_files(root)
    return {label: path for label, path in files.items() if label.startswith("corda_sim/")}


def world(root: Path) -> ClosedWorld:
    standard = sysconfig.get_path("stdlib")
    packages = list(map(str, package_folders()))
    return ClosedWorld(root, [standard, f"{standard}/lib-dynload"], packages)


def test_a_copy_measures_alike(copy: Path) -> None:
    assert measure(own(copy)) == measure(own(ROOT))


@pytest.mark.parametrize(
    "name", ["lcp/enclave/handlers.py", "ibc/lightclients/qbft/verification.py", "core/errors.py"]
)
def test_one_byte_of_a_file_makes_another_measurement(copy: Path, name: str) -> None:
    path = copy / "corda_sim" / name
    path.write_bytes(path.read_bytes() + b"\n")
    assert measure(own(copy)) != measure(own(ROOT))


def test_a_file_more_or_elsewhere_makes_another_measurement(copy: Path) -> None:
    added = copy / "corda_sim/lcp/enclave/more.py"
    added.write_text("")
    more = measure(own(copy))
    added.rename(added.with_name("other.py"))
    assert len({more, measure(own(copy)), measure(own(ROOT))}) == 3


def test_what_the_enclave_does_not_load_does_not_count(copy: Path) -> None:
    (copy / "corda_sim/node/node.py").write_text("")
    (copy / "corda_sim/lcp/node/host.py").write_text("")
    assert measure(own(copy)) == measure(own(ROOT))


def test_every_loaded_module_of_the_enclave_is_measured() -> None:
    measured = {path.resolve() for path in enclave_files().values()}
    loaded = {name: module for name, module in sys.modules.items() if is_measured(name)}
    paths = {name: getattr(one, "__file__", None) for name, one in loaded.items()}
    checked = {name: path for name, path in paths.items() if path and path.endswith((".py", ".so"))}
    checked.pop("__main__", None)
    assert "corda_sim.lcp.enclave.packages" in checked
    assert [name for name, path in checked.items() if Path(path).resolve() not in measured] == []


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("corda_sim.lcp.enclave.handlers", True),
        ("corda_sim.ibc", True),
        ("json.decoder", True),
        ("coincurve", True),
        ("corda_sim.node.node", False),
        ("corda_sim.lcp.node", False),
        ("corda_sim.ibcx", False),
        ("flows", False),
        ("grpc", False),
        ("coincurvex", False),
    ],
)
def test_nothing_else_is_let_in(name: str, inside: bool) -> None:
    assert is_measured(name) is inside
    if not inside:
        with pytest.raises(ModuleNotFoundError):
            world(ROOT).find_spec(name)


def test_modules_come_from_the_folder_meant_for_their_name(copy: Path) -> None:
    for name in ("json", "coincurve", "corda_sim"):
        (copy / f"{name}.py").write_text("")
    found = {name: world(copy).find_spec(name) for name in ("json", "coincurve", "corda_sim")}
    places = {name: Path(str(spec.origin)).parent.parent for name, spec in found.items()}
    assert places == {
        "json": Path(sysconfig.get_path("stdlib")),
        "coincurve": Path(sysconfig.get_path("purelib")),
        "corda_sim": copy,
    }


def test_bytecode_without_its_source_is_counted_and_refused(copy: Path) -> None:
    foreign = copy / "corda_sim/ibc/any/__init__.pyc"
    foreign.parent.mkdir()
    py_compile.compile(str(copy / "corda_sim/ibc/any.py"), str(foreign), doraise=True)
    assert measure(own(copy)) != measure(own(ROOT))
    with pytest.raises(ModuleNotFoundError):
        world(copy).find_spec("corda_sim.ibc.any", [str(copy / "corda_sim/ibc")])


def test_cached_bytecode_does_not_count(copy: Path) -> None:
    py_compile.compile(str(copy / "corda_sim/ibc/any.py"), doraise=True)
    assert measure(own(copy)) == measure(own(ROOT))


@pytest.mark.parametrize("name", ["__init__.so", "lcp/__init__.abi3.so", "lcp/errors.so"])
def test_an_extension_ahead_of_a_source_makes_another_measurement(copy: Path, name: str) -> None:
    (copy / "corda_sim" / name).write_bytes(b"")
    assert measure(own(copy)) != measure(own(ROOT))


def test_a_folder_beside_a_module_does_not_hide_the_module(copy: Path) -> None:
    (copy / "corda_sim/lcp/errors").mkdir()
    assert measure(own(copy)) == measure(own(ROOT))


def test_linked_folders_are_not_measured(copy: Path) -> None:
    (copy / "corda_sim/ibc/any").symlink_to(copy / "corda_sim/node")
    with pytest.raises(EnclaveNotMeasuredException):
        measure(own(copy))


def test_a_module_outside_its_folders_or_without_a_file_is_refused(copy: Path) -> None:
    (copy / "corda_sim/ibc/bare").mkdir()
    for here, name in ((ROOT, "any"), (copy, "bare")):
        with pytest.raises(ModuleNotFoundError):
            world(here).find_spec(f"corda_sim.ibc.{name}", [str(copy / "corda_sim/ibc")])


def test_a_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "python.zip"
    with ZipFile(path, "w") as zipped:
        zipped.writestr("json.py", "")
    with pytest.raises(ModuleNotFoundError):
        ClosedWorld(ROOT, [str(path)], []).find_spec("json")


def test_the_zip_ahead_of_the_standard_library_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    standard = tmp_path / "python"
    standard.mkdir()
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(standard))
    before = enclave_files()
    path = tmp_path / f"python{sys.version_info.major}{sys.version_info.minor}.zip"
    path.write_bytes(b"")
    assert set(enclave_files().values()) - set(before.values()) == {path}


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(EnclaveNotMeasuredException):
        measure({"x": tmp_path / "gone"})


def test_a_process_that_is_gone() -> None:
    with pytest.raises(EnclaveNotMeasuredException):
        mapped_files(2**22 + 1, {})
