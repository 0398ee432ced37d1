"""docs/operating.md has every key of node.toml; links and commands of all pages lead somewhere."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from corda_sim.node.config import DataSourceProperties, NodeConfiguration, NotaryConfig

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
ROWS = {
    key: default
    for key, default in re.findall(r"^\| `([^`]+)` \| [^|]+ \| ([^|]+) \|", PAGE, re.MULTILINE)
    if key[0].islower()
}


def models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - a type
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models(inner)


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every key of node.toml: `table.key`, and `list[].key` for tables in a list."""
    for name, field in model.model_fields.items():
        key = prefix + (field.alias or name)
        inner = next(models(field.annotation), None)
        if inner is None:
            yield key, field
        else:
            many = "[]" if "tuple" in str(field.annotation) else ""
            yield from keys(inner, f"{key}{many}.")


KEYS = dict(keys(NodeConfiguration))


def test_every_key_has_a_row_and_every_row_is_a_key() -> None:
    assert sorted(KEYS) == sorted(ROWS), "mend the table of node.toml in docs/operating.md"


def shown(value: object) -> str:
    """A default as the table writes it."""
    match value:
        case None | ():
            return "none"
        case bool():
            return f"`{str(value).lower()}`"
        case str():
            return f'`"{value}"`'
        case timedelta():
            return f"`{value.total_seconds():g}` s"
        case _:
            return f"`{value}`"


@pytest.mark.parametrize("key", KEYS)
def test_the_default_is_the_model_s(key: str) -> None:
    field = KEYS[key]
    default = field.default
    if key == "notary.dataSourceProperties.url":
        of_notary = NotaryConfig.model_fields["data_source_properties"].default
        assert isinstance(of_notary, DataSourceProperties)
        default = of_notary.url
    assert ROWS[key] == ("*required*" if field.is_required() else shown(default))


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.name)
def test_what_pytest_is_told_to_run_exists(page: Path) -> None:
    told = re.findall(r"pytest (tests[^`]*)`", page.read_text(encoding="utf-8"))
    named = [word for one in told for word in one.split() if word.startswith("tests/")]
    assert [one for one in named if not (ROOT / one).exists()] == []
