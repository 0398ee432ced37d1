"""Flow arguments from text."""

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.core.identity import Party
from corda_sim.flow.errors import FlowArgumentsException
from corda_sim.rpc.arguments import describe, parse_flow, parse_value
from flows.cash.payment import CashPaymentFlow


def nobody(text: str) -> Party:
    raise FlowArgumentsException(f"no party is called {text}")


def test_values_by_their_types() -> None:
    flow = parse_flow(CashPaymentFlow, {"amount": "10 JPY", "anonymous": "true"}, nobody)
    assert isinstance(flow, CashPaymentFlow)
    assert flow.amount == Amount.parse("10 JPY")
    assert flow.anonymous is True
    assert flow.recipient is None


@pytest.mark.parametrize(
    "given",
    [
        {"amont": "10 JPY"},
        {},
        {"amount": "ten JPY"},
        {"amount": "10 JPY", "recipient": "Nobody"},
        {"amount": "10 JPY", "anonymous": "perhaps"},
    ],
)
def test_a_wrong_argument_lists_the_expected_ones(given: dict[str, str]) -> None:
    with pytest.raises(FlowArgumentsException, match="amount"):
        parse_flow(CashPaymentFlow, given, nobody)


def test_usage_tells_what_may_be_left_out() -> None:
    assert describe(CashPaymentFlow).startswith(
        "CashPaymentFlow takes: amount=Amount [recipient=Party]"
    )


@pytest.mark.parametrize(
    ("text", "hint", "value"),
    [("7", int, 7), ("0A", bytes, b"\n"), ("x", str | None, "x"), ("1;2", tuple[int, ...], (1, 2))],
)
def test_simple_values(text: str, hint: object, value: object) -> None:
    assert parse_value(text, hint, nobody) == value
