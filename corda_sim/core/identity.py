"""Names and parties (net.corda.core.identity)."""

from dataclasses import FrozenInstanceError, dataclass
from functools import lru_cache
from typing import ClassVar, NoReturn

from corda_sim.core.countries import COUNTRY_CODES
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalArgumentError, InvalidNameError
from corda_sim.core.legal_name import java_length, validate_minimal
from corda_sim.core.x500 import format_attributes, parse_attributes

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
_KEYWORDS = {**_ATTRIBUTES, "S": "state"}
_NAMES = 4096
"""Names kept with their text: a network has few, and each is read and written for every row."""
_KNOWN_LENGTH = 512
"""Characters of a text that is kept."""


@dataclass(frozen=True, slots=True, order=True)
class CordaX500Name:
    """A legal name; organisation, locality and country are required (CordaX500Name).

    Raises InvalidNameError for a value against Corda's rules. Lengths count UTF-16 units and are
    below, not at, X.520's limits.
    """

    organisation: str
    locality: str
    country: str
    common_name: str | None = None
    organisation_unit: str | None = None
    state: str | None = None

    def __post_init__(self) -> None:
        validate_minimal(self.organisation)
        if self.country not in COUNTRY_CODES:
            raise InvalidNameError(f"Invalid country code {self.country}")
        for name, limit in _LIMITS.items():
            value = getattr(self, name)
            if value is not None and java_length(value) >= limit:
                raise InvalidNameError(f"{name} must have less than {limit} characters")

    @staticmethod
    def parse(text: str) -> "CordaX500Name":
        """Read `O=…, L=…, C=…` with the attributes in any order.

        Raises InvalidNameError for an attribute that Corda doesn't know, one given twice, one that
        is missing or one against the rules.
        """
        return _parse_known(text) if len(text) <= _KNOWN_LENGTH else _parse(text)

    @lru_cache(_NAMES)  # noqa: B019 - bounded, and names are few
    def __str__(self) -> str:
        values = ((key, getattr(self, name)) for key, name in _ATTRIBUTES.items())
        return format_attributes((key, value) for key, value in values if value is not None)


def _parse(text: str) -> CordaX500Name:
    found: dict[str, str] = {}
    for key, value in parse_attributes(text):
        name = _KEYWORDS.get(key)
        if name is None:
            raise InvalidNameError(
                f"The attribute {key} in '{text}' is not one of {', '.join(_ATTRIBUTES)}"
            )
        if name in found:
            raise InvalidNameError(f"Duplicate attribute {key} in the name '{text}'")
        found[name] = value
    for key in ("O", "L", "C"):
        if _ATTRIBUTES[key] not in found:
            raise InvalidNameError(f"Corda X.500 names must include an {key} attribute: '{text}'")
    return CordaX500Name(**found)


_parse_known = lru_cache(_NAMES)(_parse)


class AbstractParty:
    """Somebody with a key; two are the same when their keys are, named or not."""

    __slots__ = ("owning_key",)
    owning_key: PublicKey
    named: ClassVar[bool] = False

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def ref(self, reference: bytes) -> "PartyAndReference":
        """This party with a reference of its own."""
        return PartyAndReference(self, reference)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AbstractParty) and self.owning_key == other.owning_key

    def __hash__(self) -> int:
        return hash(self.owning_key)


class AnonymousParty(AbstractParty):
    """A party known by its key alone."""

    __slots__ = ()

    def __init__(self, owning_key: PublicKey) -> None:
        object.__setattr__(self, "owning_key", owning_key)

    def __reduce__(self) -> tuple[object, tuple[PublicKey]]:
        return AnonymousParty, (self.owning_key,)

    def __repr__(self) -> str:
        return f"Anonymous({self.owning_key.to_string_short()})"


class Party(AbstractParty):
    """A party with a legal name."""

    __slots__ = ("name",)
    name: CordaX500Name
    named = True

    def __init__(self, name: CordaX500Name, owning_key: PublicKey) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "owning_key", owning_key)

    def __reduce__(self) -> tuple[object, tuple[CordaX500Name, PublicKey]]:
        return Party, (self.name, self.owning_key)

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
        if not 0 < len(self.reference) <= MAX_REFERENCE_SIZE:
            raise IllegalArgumentError(f"A reference has 1 to {MAX_REFERENCE_SIZE} bytes")

    def __str__(self) -> str:
        return f"{self.party}[{self.reference.hex().upper()}]"
