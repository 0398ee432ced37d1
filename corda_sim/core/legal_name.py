"""Rules for legal names (net.corda.core.internal.LegalNameValidator)."""

import re
import unicodedata

from corda_sim.core.errors import InvalidNameError

MAX_LENGTH = 255
_FORBIDDEN = (",", "=", "$", '"', "'", "\\")


def normalize(name: str) -> str:
    """NFKC, trimmed, runs of white space made one space."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", name).strip())


def validate_minimal(name: str) -> None:
    """The rules that every organisation's name must keep; InvalidNameError otherwise."""
    if name != normalize(name):
        raise InvalidNameError(
            "Legal name must be normalized. Please use 'normalize' to normalize the legal name "
            "before validation."
        )
    if len(name) > MAX_LENGTH:
        raise InvalidNameError(f"Legal name longer then {MAX_LENGTH} characters.")
    if sum(char.isalpha() for char in name) < 2:  # noqa: PLR2004 - letters
        raise InvalidNameError(f"Illegal input legal name '{name}'. Legal name must have at least two letters")
    if "\0" in name:
        raise InvalidNameError("Character not allowed in legal names: null")


def validate_full(name: str) -> None:
    """The doorman's rules: the minimal ones, Latin letters, a capital first, no special characters."""
    validate_minimal(name)
    for char in _FORBIDDEN:
        if char in name:
            raise InvalidNameError(f"Character not allowed in legal names: {char}")
    if not name.isascii():
        raise InvalidNameError(f"Illegal characters in {name!r}: only Basic Latin is allowed")
    if not name[0].isupper():
        raise InvalidNameError("Legal name should start with a capital letter.")
