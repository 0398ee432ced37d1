"""The committed artifacts are what the committed sources compile to."""

import pytest

from goquorum.artifacts import FOLDER
from goquorum.compile import compile_contracts, render

pytestmark = pytest.mark.integration


def test_the_artifacts_are_up_to_date() -> None:
    wanted = {f"{name}.json": render(made) for name, made in compile_contracts().items()}
    present = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
    assert {name for name in wanted if wanted[name] != present.get(name)} == set()
    assert present.keys() == wanted.keys()
