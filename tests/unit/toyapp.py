"""A package with a contract, written to a temporary folder: what archives are built from."""

import sys
from pathlib import Path

import pytest

CONTRACT = """
from dataclasses import dataclass
from corda_sim.core.contracts import Contract
from corda_sim.core.serialization import serializable
import toyapp.shared.tools as tools
from toyapp.shared import tools as again
from toyapp import shared
from . import helper

@serializable("toy.Value")
@dataclass(frozen=True)
class Value:
    number: int

class Toy(Contract):
    contract_name = "toy.Toy"
    version = VERSION
    def verify(self, tx):
        assert tools is again is shared.tools
        return helper.answer()
"""


@pytest.fixture
def toyapp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "toyapp"
    for folder in (root, root / "contracts", root / "shared"):
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("")
    (root / "contracts" / "toy.py").write_text(CONTRACT.replace("VERSION", "1"))
    (root / "contracts" / "helper.py").write_text("import json\ndef answer():\n    return 42\n")
    (root / "shared" / "tools.py").write_text("")
    (root / "shared" / "unused.py").write_text("")
    (root / "contracts" / "data.txt").write_text("not code")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [one for one in sys.modules if one.split(".")[0] == "toyapp"]:
        del sys.modules[name]
    return root
