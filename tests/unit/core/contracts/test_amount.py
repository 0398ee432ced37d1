from decimal import Decimal

import pytest

from corda_sim.core.contracts import Amount, Currency, sum_or_none, sum_or_throw, sum_or_zero
from corda_sim.core.errors import IllegalArgumentError

GBP, JPY = Currency.of("GBP"), Currency.of("JPY")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("10 JPY", Amount(10, JPY)),
        ("1,000JPY", Amount(1000, JPY)),
        ("10.5 GBP", Amount(1050, GBP)),
        ("£11", Amount(1100, GBP)),
        ("¥7", Amount(7, JPY)),
    ],
)
def test_parse(text: str, amount: Amount[Currency]) -> None:
    assert Amount.parse(text) == amount


@pytest.mark.parametrize(
    "text", ["", "10", "JPY", "1.5 JPY", "-1 JPY", "1 XYZ", "£1 GBP", "1e3 JPY"]
)
def test_parse_refuses(text: str) -> None:
    with pytest.raises(IllegalArgumentError):
        Amount.parse(text)


def test_arithmetic_is_exact() -> None:
    assert str(Amount(1050, GBP)) == "10.50 GBP"
    assert Amount(3, JPY) + Amount(4, JPY) == Amount(7, JPY)
    assert Amount(3, JPY) * 2 - Amount(1, JPY) == Amount(5, JPY)
    assert Amount(3, JPY) < Amount(4, JPY) <= Amount(4, JPY)
    assert Amount(5, JPY) > Amount(4, JPY) >= Amount(4, JPY)
    assert Amount.from_decimal(Decimal("1.239"), GBP) == Amount(123, GBP)
    assert Amount(123, GBP).to_decimal() == Decimal("1.23")


def test_the_range_is_a_non_negative_long() -> None:
    with pytest.raises(IllegalArgumentError, match="negative"):
        Amount(3, JPY) - Amount(4, JPY)
    with pytest.raises(ArithmeticError):
        Amount(2**63 - 1, JPY) + Amount(1, JPY)
    with pytest.raises(IllegalArgumentError, match="Token mismatch"):
        Amount(1, JPY) + Amount(1, GBP)


def test_split_evenly_puts_larger_ones_first() -> None:
    assert [one.quantity for one in Amount(11, JPY).split_evenly(4)] == [3, 3, 3, 2]


def test_sums() -> None:
    assert sum_or_none([]) is None
    assert sum_or_zero([], JPY) == Amount(0, JPY)
    assert sum_or_throw([Amount(1, JPY), Amount(2, JPY)]) == Amount(3, JPY)
    with pytest.raises(IllegalArgumentError):
        sum_or_throw([])
