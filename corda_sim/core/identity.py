"""Names and parties (net.corda.core.identity)."""

import re
from dataclasses import dataclass
from typing import ClassVar

from corda_sim.core.countries import COUNTRY_CODES
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import InvalidNameError
from corda_sim.core.legal_name import validate_minimal

_LIMITS = {
    "organisation": 128,
    "locality": 64,
    "state": 64,
    "organisation_unit": 64,
    "common_name": 64,
}
_ATTRIBUTES = {
    "CN": "common_name",
    "OU": "organisation_unit",
    "O": "organisation",
    "L": "locality",
    "ST": "state",
    "C": "country",
}
_SPLIT = re.compile(r'((?:[^,"\\]|\\.|"[^"]*")*)(?:,|$)')
_SPECIAL = re.compile(r'([,+"\\<>;=])')


@dataclass(frozen=True, slots=True, order=True)
class CordaX500Name:
    """A legal name; organisation, locality and country are required (CordaX500Name)."""

    organisation: str
    locality: str
    country: str
    common_name: str | None = None
    organisation_unit: str | None = None
    state: str | None = None

    def __post_init__(self) -> None:
        if self.country not in COUNTRY_CODES:
            raise InvalidNameError(f"Invalid country code {self.country}")
        for name, limit in _LIMITS.items():
            _check(name, getattr(self, name), limit)
        validate_minimal(self.organisation)
        if self.common_name is not None and self.common_name == self.organisation_unit:
            raise InvalidNameError("Common name and organisation unit must not be the same")

    @classmethod
    def parse(cls, text: str) -> "CordaX500Name":
        """Read `O=…, L=…, C=…` with the attributes in any order."""
        found: dict[str, str] = {}
        for part in _parts(text):
            key, separator, value = part.partition("=")
            name = _ATTRIBUTES.get(key.strip().upper())
            if not separator or name is None:
                raise InvalidNameError(
                    f"'{part.strip()}' in the name '{text}' is not one of the attributes "
                    f"{', '.join(_ATTRIBUTES)}"
                )
            if name in found:
                raise InvalidNameError(f"Duplicate attribute {key.strip()} in the name '{text}'")
            found[name] = _unquote(value.strip())
        return cls._of(text, found)

    @classmethod
    def _of(cls, text: str, found: dict[str, str]) -> "CordaX500Name":
        for key in ("O", "L", "C"):
            if _ATTRIBUTES[key] not in found:
                raise InvalidNameError(f"Corda X.500 names must include an {key} attribute: '{text}'")
        return cls(**found)

    def __str__(self) -> str:
        values = ((key, getattr(self, name)) for key, name in _ATTRIBUTES.items())
        return ", ".join(f"{key}={_quote(value)}" for key, value in values if value is not None)


def _check(name: str, value: str | None, limit: int) -> None:
    if value is None:
        return
    if not value.strip():
        raise InvalidNameError(f"{name} can't be blank")
    if len(value) >= limit:
        raise InvalidNameError(f"{name} must have less than {limit} characters")
    if "\0" in value:
        raise InvalidNameError(f"{name} must not contain the null character")


def _parts(text: str) -> list[str]:
    parts, position = [], 0
    while position < len(text):
        match = _SPLIT.match(text, position)
        if match is None or match.end() == position:
            raise InvalidNameError(f"'{text}' is not an X.500 name")
        parts.append(match.group(1))
        position = match.end()
    return parts


def _unquote(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        return value[1:-1]
    return re.sub(r"\\(.)", r"\1", value)


def _quote(value: str) -> str:
    return _SPECIAL.sub(r"\\\1", value)


class AbstractParty:
    """Somebody with a key; two are the same when their keys are, named or not."""

    __slots__ = ("owning_key",)
    owning_key: PublicKey
    named: ClassVar[bool] = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AbstractParty) and self.owning_key == other.owning_key

    def __hash__(self) -> int:
        return hash(self.owning_key)


class AnonymousParty(AbstractParty):
    """A party known by its key alone."""

    __slots__ = ()

    def __init__(self, owning_key: PublicKey) -> None:
        self.owning_key = owning_key

    def __repr__(self) -> str:
        return f"Anonymous({self.owning_key.to_string_short()})"


class Party(AbstractParty):
    """A party with a legal name."""

    __slots__ = ("name",)
    named = True

    def __init__(self, name: CordaX500Name, owning_key: PublicKey) -> None:
        self.name = name
        self.owning_key = owning_key

    def anonymise(self) -> AnonymousParty:
        """The same party without its name."""
        return AnonymousParty(self.owning_key)

    def __str__(self) -> str:
        return str(self.name)

    def __repr__(self) -> str:
        return f"Party({self.name})"


MAX_REFERENCE_SIZE = 512
"""Bytes of an issuer's reference."""


@dataclass(frozen=True, slots=True)
class PartyAndReference:
    """A party with a reference of its own, as the issuer of something (PartyAndReference)."""

    party: AbstractParty
    reference: bytes = b"\x01"

    def __post_init__(self) -> None:
        if len(self.reference) > MAX_REFERENCE_SIZE:
            raise InvalidNameError(f"An issuer's reference has at most {MAX_REFERENCE_SIZE} bytes")
