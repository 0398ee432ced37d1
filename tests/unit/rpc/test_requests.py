"""Arguments of operations, and values as JSON."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from corda_sim.core.contracts import Amount, StateRef, UniqueIdentifier
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import CordaX500Name
from corda_sim.rpc.errors import UnknownStateTypeException
from corda_sim.rpc.operations import OPERATIONS
from corda_sim.rpc.rendering import to_json
from corda_sim.rpc.requests import DrainingMode, FlowById, Request, VaultSelection, parse_request
from corda_sim.rpc.vault_operations import state_type
from states.cash import CashState

HASH = SecureHash.sha256(b"")


@pytest.mark.parametrize(
    ("kind", "text", "named"),
    [
        (Request, '{"surplus": 1}', "surplus"),
        (FlowById, "{}", "flow_id"),
        (FlowById, '{"flow_id": 7}', "flow_id"),
        (FlowById, '{"flow_id": ""}', "flow_id"),
        (DrainingMode, '{"enabled": "yes"}', "enabled"),
        (VaultSelection, '{"status": "bogus", "page": 0}', "status.*page"),
        (Request, "[1]", "arguments"),
        (Request, "{", "arguments"),
    ],
)
def test_wrong_arguments_are_named(kind: type[Request], text: str, named: str) -> None:
    with pytest.raises(IllegalArgumentError, match=named):
        parse_request(kind, text)


def test_arguments_may_be_absent() -> None:
    assert parse_request(Request, "") == Request()
    assert parse_request(VaultSelection, "{}").page_size == 200


def test_every_operation_is_documented() -> None:
    assert all(operation.run.__doc__ for operation in OPERATIONS.values())


def test_a_state_type_by_its_name_or_the_end_of_it() -> None:
    assert CashState  # type: ignore[truthy-function]
    assert state_type("CashState") == "corda_sim.cash.CashState"
    assert state_type("corda_sim.cash.CashState") == "corda_sim.cash.CashState"
    with pytest.raises(UnknownStateTypeException, match="Did you mean CashState"):
        state_type("CashStat")
    with pytest.raises(UnknownStateTypeException, match="No state type"):
        state_type("corda_sim.cash.Issue")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        (True, True),
        (b"\x0a", "0A"),
        (Amount.parse("10 JPY"), "10 JPY"),
        (StateRef(HASH, 3), f"{HASH}(3)"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (UniqueIdentifier("x", UUID(int=1)), f"x_{UUID(int=1)}"),
        (CordaX500Name.parse("O=PartyA, L=London, C=GB"), "O=PartyA, L=London, C=GB"),
        ((1, ("a", {"k": b""})), [1, ["a", {"k": ""}]]),
    ],
)
def test_values_as_json(value: object, shown: object) -> None:
    assert to_json(value) == shown
    json.dumps(to_json(value))
