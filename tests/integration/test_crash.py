"""A node process kills itself at the first occurrence of each crash point, at each role.

Each case runs one payment while one process is armed, starts that process again, and reads every
database once all is quiet.
"""

import time
from collections.abc import Iterator

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.node.crash import CrashPoint
from corda_sim.testing.driver import Driver
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow

pytestmark = pytest.mark.integration

PAYER, PAYEE, NOTARY = "PartyA", "PartyB", "Notary"
OF_THE_NOTARY = (CrashPoint.NOTARY_AFTER_COMMIT, CrashPoint.NOTARY_BEFORE_HEAD)
CASES = [
    (point, role)
    for point in CrashPoint
    for role in (PAYER, PAYEE, NOTARY)
    if (point not in OF_THE_NOTARY or role == NOTARY) and point is not CrashPoint.MID_RECOVERY
]
PATIENCE_SECONDS = 60
YEN_10 = Amount.parse("10 JPY")


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "reload"])
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    with Driver(reload=request.param, environment={"PYTHONHASHSEED": "random"}) as made:
        made.start()
        made.run(PAYER, CashIssueFlow(Amount.parse("1000 JPY"), splits=50), "issue")
        yield made


def pay_through_crashes(
    driver: Driver, client_id: str, victim: str, crash_again: str = ""
) -> list[str]:
    """Pay; when `victim` dies it is started again. How the deaths came about, in their order."""
    flow = CashPaymentFlow(YEN_10, recipient=driver.party(PAYEE))
    pending = driver.ask(PAYER, flow, client_id)
    deaths, deadline = list[str](), time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if driver.await_death(victim, 0.02):
            deaths.append(crash_again if deaths else "first")
            revived = driver.spawn(victim, crash=crash_again if len(deaths) == 1 else "")
            if not crash_again or len(deaths) > 1:
                driver.await_ready(revived)
            if victim == PAYER:
                pending = driver.ask(PAYER, flow, client_id)
        elif pending.done() and pending.exception() is None and driver.await_quiet(1):
            break
    assert pending.result(1) == ""
    return deaths


@pytest.mark.parametrize(("point", "role"), CASES, ids=str)
def test_first_occurrence(driver: Driver, point: CrashPoint, role: str) -> None:
    driver.restart_armed(role, point)

    deaths = pay_through_crashes(driver, f"{point} at {role}", role)

    assert deaths == ["first"], f"{point} never fires at {role}"
    assert driver.await_quiet()
    assert driver.check() == []


@pytest.mark.parametrize("role", [PAYER, PAYEE, NOTARY])
def test_again_while_it_recovers(driver: Driver, role: str) -> None:
    driver.restart_armed(role, CrashPoint.AFTER_COMMIT)

    deaths = pay_through_crashes(driver, f"recovery at {role}", role, "mid_recovery:1")

    assert deaths == ["first", "mid_recovery:1"], f"mid_recovery never fires at {role}"
    assert driver.await_quiet()
    assert driver.check() == []
