"""Amounts of tokens, exact to the smallest unit (net.corda.core.contracts.Amount)."""

import re
from collections.abc import Iterable
from decimal import ROUND_FLOOR, Decimal
from typing import Generic, Protocol, TypeVar, runtime_checkable

import msgspec

from corda_sim.core.contracts.currencies import ISO_DIGITS, SYMBOLS
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import PartyAndReference
from corda_sim.core.serialization import PLATFORM, serializable

T = TypeVar("T")
U = TypeVar("U")
MAX_QUANTITY = 2**63 - 1
_PARSE = re.compile(
    r"\s*(?P<symbol>[$€£¥])?\s*(?P<number>\d[\d,]*(?:\.\d+)?)\s*(?P<code>[A-Z]{3})?\s*"
)


@runtime_checkable
class TokenizableAssetInfo(Protocol):
    """A token that knows the size of its smallest displayed unit."""

    @property
    def display_token_size(self) -> Decimal:
        """The value of one unit."""
        ...


@serializable("corda.Currency", registry=PLATFORM, intern=True)
class Currency(msgspec.Struct, frozen=True, order=True):
    """An ISO 4217 currency, with the number of digits after its decimal point."""

    code: str
    fraction_digits: int

    def __post_init__(self) -> None:
        if not 0 <= self.fraction_digits <= 18:
            raise IllegalArgumentError(f"{self.fraction_digits} fraction digits are out of range")

    @classmethod
    def of(cls, code: str) -> "Currency":
        """The currency of an ISO code. Raises: IllegalArgumentError for an unknown one."""
        if code not in ISO_DIGITS:
            raise IllegalArgumentError(f"unknown currency {code!r}")
        return cls(code, ISO_DIGITS[code])

    @property
    def display_token_size(self) -> Decimal:
        """The value of one unit."""
        return Decimal(1).scaleb(-self.fraction_digits)

    def __str__(self) -> str:
        return self.code


@serializable("corda.Issued", registry=PLATFORM)
class Issued(msgspec.Struct, Generic[T], frozen=True):
    """A product as issued by one issuer (net.corda.core.contracts.Issued).

    Raises: IllegalArgumentError when the issuer's reference exceeds 512 bytes.
    """

    issuer: PartyAndReference
    product: T

    def __post_init__(self) -> None:
        if len(self.issuer.reference) > 512:
            raise IllegalArgumentError("Maximum issuer reference size is 512.")

    @property
    def display_token_size(self) -> Decimal:
        """The value of one unit."""
        return token_size(self.product)

    def __str__(self) -> str:
        return f"{self.product} issued by {self.issuer}"


def token_size(token: object) -> Decimal:
    """The value of one unit of ``token``: its own size where it has one, else 1."""
    return token.display_token_size if isinstance(token, TokenizableAssetInfo) else Decimal(1)


@serializable("corda.Amount", registry=PLATFORM)
class Amount(msgspec.Struct, Generic[T], frozen=True):
    """``quantity`` smallest units of ``token``; 0 <= quantity < 2⁶³.

    Raises: IllegalArgumentError for a negative quantity, ArithmeticError on overflow.
    """

    quantity: int
    token: T

    def __post_init__(self) -> None:
        if type(self.quantity) is not int:
            raise IllegalArgumentError("an amount's quantity is an integer")
        if self.quantity < 0:
            raise IllegalArgumentError(f"Amounts cannot be negative: {self.quantity}")
        if self.quantity > MAX_QUANTITY:
            raise OverflowError("long overflow")

    @classmethod
    def from_decimal(cls, value: Decimal, token: U, rounding: str = ROUND_FLOOR) -> "Amount[U]":
        """The amount worth ``value``, rounded to whole units."""
        units = (value / token_size(token)).to_integral_value(rounding=rounding)
        return Amount(int(units), token)

    @classmethod
    def zero(cls, token: U) -> "Amount[U]":
        """Nothing of ``token``."""
        return Amount(0, token)

    @classmethod
    def parse(cls, text: str) -> "Amount[Currency]":
        """Read ``10 JPY``, ``10.50 GBP`` or ``£10.50``.

        Raises: IllegalArgumentError for anything else, an unknown currency or more digits than
        the currency has.
        """
        found = _PARSE.fullmatch(text)
        if found is None or bool(found["symbol"]) == bool(found["code"]):
            raise IllegalArgumentError(f"{text!r} is no amount such as '10 JPY' or '£10.50'")
        currency = Currency.of(found["code"] or SYMBOLS[found["symbol"]])
        units = Decimal(found["number"].replace(",", "")) / currency.display_token_size
        if units != units.to_integral_value():
            raise IllegalArgumentError(
                f"{text!r} has more than {currency.fraction_digits} digits after the point"
            )
        return Amount(int(units), currency)

    @property
    def display_token_size(self) -> Decimal:
        """The value of one unit."""
        return token_size(self.token)

    def to_decimal(self) -> Decimal:
        """The value, as a decimal number of the token."""
        return self.quantity * self.display_token_size

    def with_token(self, token: U) -> "Amount[U]":
        """The same quantity of another token."""
        return Amount(self.quantity, token)

    def _same_token(self, other: "Amount[T]") -> None:
        if self.token != other.token:
            raise IllegalArgumentError(f"Token mismatch: {self.token} vs {other.token}")

    def __add__(self, other: "Amount[T]") -> "Amount[T]":
        self._same_token(other)
        return Amount(self.quantity + other.quantity, self.token)

    def __sub__(self, other: "Amount[T]") -> "Amount[T]":
        self._same_token(other)
        return Amount(self.quantity - other.quantity, self.token)

    def __mul__(self, factor: int) -> "Amount[T]":
        return Amount(self.quantity * factor, self.token)

    def __lt__(self, other: "Amount[T]") -> bool:
        self._same_token(other)
        return self.quantity < other.quantity

    def __le__(self, other: "Amount[T]") -> bool:
        self._same_token(other)
        return self.quantity <= other.quantity

    def __gt__(self, other: "Amount[T]") -> bool:
        return other < self

    def __ge__(self, other: "Amount[T]") -> bool:
        return other <= self

    def split_evenly(self, partitions: int) -> "list[Amount[T]]":
        """``partitions`` amounts that differ by at most one unit, larger ones first.

        Raises: IllegalArgumentError when ``partitions`` is below 1.
        """
        if partitions < 1:
            raise IllegalArgumentError("Must split amount into one, or more pieces")
        base, residue = divmod(self.quantity, partitions)
        return [Amount(base + (i < residue), self.token) for i in range(partitions)]

    def __str__(self) -> str:
        return f"{self.to_decimal():f} {self.token}"


def sum_or_none(amounts: "Iterable[Amount[T]]") -> "Amount[T] | None":
    """The sum, or None of no amounts. Raises: IllegalArgumentError when tokens differ."""
    total: Amount[T] | None = None
    for amount in amounts:
        total = amount if total is None else total + amount
    return total


def sum_or_zero(amounts: "Iterable[Amount[T]]", token: T) -> "Amount[T]":
    """The sum, or zero of ``token``. Raises: IllegalArgumentError when tokens differ."""
    return sum_or_none(amounts) or Amount(0, token)


def sum_or_throw(amounts: "Iterable[Amount[T]]") -> "Amount[T]":
    """The sum. Raises: IllegalArgumentError of no amounts, or when tokens differ."""
    total = sum_or_none(amounts)
    if total is None:
        raise IllegalArgumentError("there is nothing to sum")
    return total
