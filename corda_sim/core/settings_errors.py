"""What is wrong with a configuration file, said so that it can be corrected without a manual."""

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from corda_sim.core.errors import CordaError

_CREDENTIALS: Final = re.compile(r"(://[^:@/\s]*:)[^@\s]*@")
_NO_NAMES: Final = frozenset[str]()


class ConfigurationException(CordaError):
    """A configuration file is missing or wrong; `problems` has one line each."""

    def __init__(self, path: object, problems: Sequence[str]) -> None:
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))
        self.path, self.problems = path, tuple(problems)


def mask_passwords(text: str) -> str:
    """`text` with the passwords of URLs in it replaced."""
    return _CREDENTIALS.sub(r"\1***@", text)


def explain(
    model: type[BaseModel], error: ValidationError, unused: frozenset[str] = _NO_NAMES
) -> list[str]:
    """One line for each problem: key, what is wrong, what was expected.

    `unused` are keys that Corda's node.conf has, at any depth, and this file hasn't.
    """
    return [_line(model, details, unused) for details in error.errors(include_url=False)]


def _line(model: type[BaseModel], details: ErrorDetails, unused: frozenset[str]) -> str:
    path = details["loc"]
    key = _dotted(path)
    parent, field = _resolve(model, path)
    match details["type"]:
        case "extra_forbidden":
            return f"{key}: {_unknown(parent, str(path[-1]), unused)}"
        case "missing":
            return f"{key}: missing, expected {_expected(field)}"
        case "value_error" if field is None or isinstance(details["input"], dict):
            return f"{key or 'it'}: {details['ctx']['error']}"
        case _:
            return (
                f"{key}: expected {_expected(field)}, found {_found(path, details)}{_why(details)}"
            )


def _unknown(parent: type[BaseModel], name: str, unused: frozenset[str]) -> str:
    known = {_alias(key, field): key for key, field in parent.model_fields.items()}
    if name in unused and name not in known:
        return "a key of Corda's node.conf that has no meaning here; remove it"
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(sorted(known))}"
    return f"unknown key; {hint}"


def _expected(field: FieldInfo | None) -> str:
    return (field.description if field else None) or "a table"


def _found(path: tuple[int | str, ...], details: ErrorDetails) -> str:
    if any("password" in str(part).lower() for part in path):
        return "another type"
    if isinstance(details["input"], dict | list):
        # There may be passwords in it.
        return "a table" if isinstance(details["input"], dict) else "a list"
    return mask_passwords(f"{details['input']!r}")


def _why(details: ErrorDetails) -> str:
    # Our own validators say which rule of X.500 names was broken; a bare "not a …" adds nothing.
    cause = details.get("ctx", {}).get("error")
    return f" ({cause})" if isinstance(cause, CordaError) else ""


def _dotted(path: tuple[int | str, ...]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _resolve(
    model: type[BaseModel], path: tuple[int | str, ...]
) -> tuple[type[BaseModel], FieldInfo | None]:
    """The model that holds the last key of `path`, and the field of that key."""
    parent, field = model, None
    for part in path:
        if isinstance(part, int):
            continue
        if field is not None:
            parent = next(_models(field.annotation), parent)
        field = next(
            (found for key, found in parent.model_fields.items() if _alias(key, found) == part),
            None,
        )
    return parent, field


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _alias(key: str, field: FieldInfo) -> str:
    return field.alias or key
