"""Records a network as a release leaves it behind: killed, with payments under way.

At a release's tag, with that release's own code:

    git worktree add /tmp/release v0.1.0
    PYTHONPATH=/tmp/release python tests/golden/record_release.py 0.1.0

A recorded file stays as it is: every later version has to open it and finish what it holds.
"""

import shutil
import sys
import tarfile
import time
from concurrent.futures import Future
from pathlib import Path

from corda_sim.core.contracts import Amount
from corda_sim.node.network_create import NetworkRequest
from corda_sim.testing.driver import Driver
from flows.accounts.create import CreateAccount
from flows.accounts.share import ShareAccountInfo
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow

RELEASES = Path(__file__).parent / "releases"
PLACE = Path("/tmp/corda-sim-golden")
"""Always the same: nodes sign their addresses, which are paths."""
PAYER, PAYEE, NOTARY = "PartyA", "PartyB", "Notary"
SETTLED, UNDER_WAY = 5, 10
SETTLING_SECONDS = 3.0


def payment(driver: Driver) -> CashPaymentFlow:
    return CashPaymentFlow(Amount.parse("10 JPY"), driver.party(PAYEE))


def names(*, without: str) -> list[str]:
    """The payments that waited for a node."""
    return [f"waits for {without} {number}" for number in range(UNDER_WAY)]


def play(driver: Driver) -> None:
    """Accounts and settled payments, then others that wait for a dead payee or a dead notary."""
    driver.start()
    driver.run(PAYER, CashIssueFlow(Amount.parse("1000 JPY"), splits=50), "issue")
    driver.run(PAYEE, CreateAccount("till"), "create till")
    driver.run(PAYEE, ShareAccountInfo("till", driver.party(PAYER)), "share till")
    for number in range(SETTLED):
        driver.run(PAYER, payment(driver), f"settled {number}")
    for victim in (PAYEE, NOTARY):
        driver.kill(victim)
        asked = [driver.ask(PAYER, payment(driver), name) for name in names(without=victim)]
        _let_them_come_to_a_stop(asked)
    driver.kill(PAYER)


def _let_them_come_to_a_stop(asked: list[Future[str]]) -> None:
    time.sleep(SETTLING_SECONDS)
    if any(future.done() for future in asked):
        raise SystemExit("a payment ended without its payee or its notary")


def main(version: str) -> None:
    """Play, kill everything, and keep what is on the disks."""
    shutil.rmtree(PLACE, ignore_errors=True)
    with Driver(NetworkRequest(outsider=False), PLACE) as driver:
        play(driver)
    for folder in (*PLACE.glob("network/*/logs"), *PLACE.glob("network/*/run")):
        shutil.rmtree(folder)
    RELEASES.mkdir(exist_ok=True)
    with tarfile.open(RELEASES / f"{version}.tar.xz", "w:xz") as archive:
        archive.add(PLACE / "network", "network")
    shutil.rmtree(PLACE)


if __name__ == "__main__":
    main(sys.argv[1])
