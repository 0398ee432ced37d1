import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.core.transactions.dummy import CONTRACTS, Ledger


@pytest.fixture(scope="session")
def dummy_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root: Path = tmp_path_factory.mktemp("cordapp")
    package = root / "dummyapp" / "contracts"
    package.mkdir(parents=True)
    (root / "dummyapp" / "__init__.py").write_text("")
    (package / "__init__.py").write_text(CONTRACTS)
    sys.path.insert(0, str(root))
    yield "dummyapp.contracts"
    sys.path.remove(str(root))


@pytest.fixture
def ledger(dummy_app: str) -> Ledger:
    return Ledger(importlib.import_module(dummy_app))
