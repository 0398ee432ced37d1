"""Rules for legal names (net.corda.core.internal.LegalNameValidator)."""

import re
import unicodedata

from corda_sim.core.errors import InvalidNameError
from corda_sim.core.x500 import parse_attributes

MAX_LENGTH = 255
"""UTF-16 units, as Java counts a string's length."""
_SPACES = re.compile(r"[ \t\n\x0b\f\r]+")
_FORBIDDEN = (",", "=", "$", '"', "'", "\\")


def normalize(name: str) -> str:
    """Trimmed, runs of ASCII white space made one space, then NFKC."""
    return unicodedata.normalize("NFKC", _SPACES.sub(" ", name.strip()))


def java_length(text: str) -> int:
    """UTF-16 units of `text`."""
    return len(text) + sum(char > "\uffff" for char in text)


def validate_minimal(name: str) -> None:
    """The rules that every organisation's name must keep; InvalidNameError otherwise."""
    if name != normalize(name):
        raise InvalidNameError(
            "Legal name must be normalized. Please use 'normalize' to normalize the legal name "
            "before validation."
        )
    if java_length(name) > MAX_LENGTH:
        raise InvalidNameError(f"Legal name longer then {MAX_LENGTH} characters.")
    # Java looks at UTF-16 units, and half of a surrogate pair is no letter.
    if sum(char.isalpha() and char <= "\uffff" for char in name) < 2:
        raise InvalidNameError(
            f"Illegal input legal name '{name}'. Legal name must have at least two letters"
        )
    if "\0" in name:
        raise InvalidNameError("Character not allowed in legal names: null")
    parse_attributes(f"CN={name}")


def validate_full(name: str) -> None:
    """The doorman's rules: the minimal ones, Basic Latin, a capital first, nothing special."""
    validate_minimal(name)
    for char in _FORBIDDEN:
        if char in name:
            raise InvalidNameError(f"Character not allowed in legal names: {char}")
    if not name.isascii():
        count = sum(not char.isascii() for char in name)
        raise InvalidNameError(f"{count} forbidden characters in legal name.")
    if name[0].islower():
        raise InvalidNameError(
            f"Legal name should be capitalized. i.e. '{name[0].upper()}{name[1:]}'"
        )
