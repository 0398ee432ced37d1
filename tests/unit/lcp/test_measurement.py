"""The measurement: what counts, and that one byte of it does."""

import shutil
import sys
from pathlib import Path

import pytest

from corda_sim.lcp.enclave.packages import ClosedWorld, is_measured
from corda_sim.lcp.errors import EnclaveNotMeasuredException
from corda_sim.lcp.quoting.measurement import ROOT, enclave_files, mapped_files, measure


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """This program at another place."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "corda_sim", tmp_path / "corda_sim", ignore=ignored)
    return tmp_path


def own(root: Path) -> dict[str, Path]:
    files = enclave_files(root)
    return {label: path for label, path in files.items() if label.startswith("corda_sim/")}


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
            ClosedWorld().find_spec(name)
    else:
        assert ClosedWorld().find_spec(name) is None


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(EnclaveNotMeasuredException):
        measure({"x": tmp_path / "gone"})


def test_a_process_that_is_gone() -> None:
    with pytest.raises(EnclaveNotMeasuredException):
        mapped_files(2**22 + 1, {})
