"""Flow arguments from text."""

from uuid import UUID

import pytest

from corda_sim.core.contracts import Amount, StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import CordaError
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.flow import FlowLogic, flow_name
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


@pytest.mark.parametrize(
    ("text", "hint", "named"),
    [
        ("many", int, "many"),
        ("xyz", bytes, "non-hexadecimal"),
        ("not-a-uuid", UUID, "badly formed"),
        ("AB", SecureHash, "AB"),
        ("AB(0)", StateRef, "AB"),
        ("PartyA", CordaX500Name, "PartyA"),
        ("x", dict[str, int], "dict can't be given as text"),
    ],
)
def test_a_value_of_another_kind_is_refused(text: str, hint: object, named: str) -> None:
    with pytest.raises((ValueError, CordaError), match=named):
        parse_value(text, hint, nobody)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(FlowArgumentsException, match=r"Missing argument amount; .*amount=Amount"):
        parse_flow(CashPaymentFlow, {"recipient": "PartyB"}, nobody)


def test_values_of_the_ledger() -> None:
    hash_ = SecureHash.sha256(b"")
    assert parse_value(str(hash_), SecureHash, nobody) == hash_
    assert parse_value(f"{hash_}(3)", StateRef | None, nobody) == StateRef(hash_, 3)
    name = "O=PartyB, L=London, C=GB"
    assert parse_value(name, CordaX500Name, nobody) == CordaX500Name.parse(name)
    assert parse_value(str(UUID(int=7)), UUID, nobody) == UUID(int=7)


@flow_name("test.Bare")
class Bare(FlowLogic[int]):
    """A flow without a constructor of its own."""

    async def call(self) -> int:
        return 1


def test_a_flow_without_a_constructor_takes_nothing() -> None:
    assert isinstance(parse_flow(Bare, {}, nobody), Bare)
    assert describe(Bare) == "Bare takes: no arguments"
    with pytest.raises(FlowArgumentsException, match="Unknown argument args"):
        parse_flow(Bare, {"args": "1"}, nobody)
