"""What `validator.allow` allows."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.instants import micros_of
from corda_sim.flow.validator_policy import SignedAway
from flows.judging import check_allowed
from flows.refusals import NotAllowedRefused
from flows.validator_service import ConfiguredValidatorPolicy

CASH, ACCOUNT = "corda_sim.cash.Cash", "corda_sim.accounts.AccountInfoContract"
ISSUE, MOVE, CREATE = "corda_sim.cash.Issue", "corda_sim.cash.Move", "corda_sim.accounts.Create"
TX = SecureHash.sha256(b"tx")
UNTIL = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def no_rows(_sql: str, **_params: object) -> list[Any]:
    return []


def policy(*allow: str) -> ConfiguredValidatorPolicy:
    return ConfiguredValidatorPolicy(allow, no_rows)


@pytest.mark.parametrize(
    ("allow", "contract", "command", "allowed"),
    [
        ((), CASH, ISSUE, False),
        ((CASH,), CASH, ISSUE, True),
        ((CASH,), CASH, CREATE, False),
        ((CASH,), ACCOUNT, CREATE, False),
        ((f"{CASH}:Issue",), CASH, ISSUE, True),
        ((f"{CASH}:Issue",), CASH, MOVE, False),
        ((f"{CASH}:{ISSUE}",), CASH, ISSUE, True),
        ((f"{CASH}:Create",), CASH, CREATE, False),
        ((f"{CASH}:{CREATE}",), CASH, CREATE, True),
        ((f"{CASH}:",), CASH, ISSUE, False),
        (("corda_sim.cash",), CASH, ISSUE, False),
        ((f"{CASH}:Issue", ACCOUNT), ACCOUNT, CREATE, True),
    ],
)
def test_allows(allow: tuple[str, ...], contract: str, command: str, allowed: bool) -> None:
    assert policy(*allow).allows(contract, command) is allowed


def test_an_allowed_command_does_not_carry_another_contract() -> None:
    allows = policy(f"{CASH}:Issue").allows
    check_allowed([CASH], [ISSUE], allows)
    with pytest.raises(NotAllowedRefused, match="AccountInfoContract"):
        check_allowed([CASH, ACCOUNT], [ISSUE], allows)
    with pytest.raises(NotAllowedRefused, match="Move"):
        check_allowed([CASH], [ISSUE, MOVE], allows)
    with pytest.raises(NotAllowedRefused):
        check_allowed([CASH], [], allows)


def test_what_was_signed_away_is_read_to_the_microsecond() -> None:
    first, second = (StateRef(SecureHash.sha256(b"origin"), index) for index in (0, 1))
    until = micros_of(UNTIL)
    kept = SimpleNamespace(state_ref=str(first), transaction_id=str(TX), until_time=until)

    def rows(_sql: str, *, refs: tuple[str, ...]) -> list[Any]:
        return [kept] if kept.state_ref in refs else []

    found = ConfiguredValidatorPolicy((), rows).signed_away((first, second))
    assert found == (SignedAway(first, TX, UNTIL),)
