"""What goes into a contract archive, and what may not."""

from pathlib import Path

import pytest

from corda_sim.core.contracts.archive import read_archive
from corda_sim.core.errors import DecodeError, IllegalArgumentError
from corda_sim.node.packaging import build_cordapp_archive
from tests.unit.toyapp import toyapp

__all__ = ["toyapp"]


def test_an_archive_holds_the_package_and_what_it_imports(toyapp: Path) -> None:
    content = build_cordapp_archive("toyapp.contracts")
    assert list(read_archive(content)) == [
        "toyapp/contracts/__init__.py",
        "toyapp/contracts/helper.py",
        "toyapp/contracts/toy.py",
        "toyapp/shared/__init__.py",
        "toyapp/shared/tools.py",
    ]
    (toyapp / "contracts" / "helper.py").write_bytes(
        b"import json\r\ndef answer():\r\n    return 42\r\n"
    )
    assert build_cordapp_archive("toyapp.contracts") == content


def test_contracts_cannot_reach_the_node(toyapp: Path) -> None:
    (toyapp / "contracts" / "bad.py").write_text("from corda_sim.node import runtime\n")
    with pytest.raises(IllegalArgumentError, match=r"corda_sim\.node"):
        build_cordapp_archive("toyapp.contracts")
    (toyapp / "contracts" / "bad.py").write_text("import corda_sim.ibc\n")
    with pytest.raises(IllegalArgumentError, match="instead"):
        build_cordapp_archive("toyapp.contracts")
    with pytest.raises(IllegalArgumentError, match="not installed"):
        build_cordapp_archive("nothing.here")


def test_what_the_core_provides_is_not_carried(toyapp: Path) -> None:
    (toyapp / "contracts" / "uses.py").write_text(
        "from corda_sim.core.contracts import amount\nfrom corda_sim.core import errors\n"
    )
    assert not [path for path in read_archive(build()) if path.startswith("corda_sim/")]


def test_pure_platform_modules_outside_the_core_are_carried(toyapp: Path) -> None:
    (toyapp / "contracts" / "uses.py").write_text("from corda_sim.accounts import address\n")
    held = read_archive(build())
    assert {"corda_sim/accounts/__init__.py", "corda_sim/accounts/address.py"} <= set(held)
    assert "corda_sim/__init__.py" not in held


@pytest.mark.parametrize("impure", ["flow", "node", "rpc", "cli", "testing", "invariants"])
def test_no_impure_part_of_the_platform(toyapp: Path, impure: str) -> None:
    (toyapp / "contracts" / "bad.py").write_text(f"from corda_sim.{impure} import anything\n")
    with pytest.raises(IllegalArgumentError, match=rf"imports corda_sim\.{impure}"):
        build()


def test_an_import_that_only_a_shared_module_makes_counts(toyapp: Path) -> None:
    (toyapp / "shared" / "tools.py").write_text("from corda_sim.node import node\n")
    with pytest.raises(IllegalArgumentError, match=r"toyapp\.shared\.tools imports"):
        build()


@pytest.mark.parametrize(
    "line",
    ["from .. import shared", "from ..shared import unused", "from ..shared.unused import x"],
)
def test_relative_imports_are_followed(toyapp: Path, line: str) -> None:
    (toyapp / "contracts" / "more.py").write_text(line + "\n")
    (toyapp / "shared" / "unused.py").write_text("x = 1\n")
    held = read_archive(build())
    assert "toyapp/shared/__init__.py" in held
    assert ("toyapp/shared/unused.py" in held) is ("unused" in line)


def test_an_import_inside_a_function_is_carried_too(toyapp: Path) -> None:
    (toyapp / "contracts" / "lazy.py").write_text("def f():\n    import toyapp.shared.unused\n")
    assert "toyapp/shared/unused.py" in read_archive(build())


def test_a_module_that_does_not_parse(toyapp: Path) -> None:
    (toyapp / "contracts" / "bad.py").write_text("def :\n")
    with pytest.raises(DecodeError, match="no Python source"):
        build()


def build() -> bytes:
    return build_cordapp_archive("toyapp.contracts")
