"""Two places where a crash is hard to survive: between a flow's end and its last message, and
between a session-init's arrival and the journaling of its answer.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.flow.state import FlowStatus
from corda_sim.testing.driver import Driver
from flows.accounts.create import CreateAccount
from flows.accounts.share import ShareAccountInfo
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from tests.integration.crashing import PATIENCE_SECONDS, Networks, Setting, Trial, view_of
from tests.integration.rigs import Rig

pytestmark = pytest.mark.integration

PAYER, PAYEE = "PartyA", "PartyB"
STARTED, DUPLICATES = "corda_flows_started_total", "corda_p2p_messages_duplicate_total"
YEN_10 = Amount.parse("10 JPY")


def settings() -> Iterator[Any]:
    """Each rig once in the default run."""
    for rig in Rig:
        for reload in (False, True):
            setting, slow = Setting(rig, reload), [pytest.mark.slow] if reload else []
            yield pytest.param(setting, marks=[*rig.marks, *slow], id=str(setting))


def with_coins(driver: Driver) -> Driver:
    driver.run(PAYER, CashIssueFlow(Amount.parse("10000 JPY"), splits=50), "issue")
    return driver


@pytest.fixture(scope="module")
def networks(request: pytest.FixtureRequest) -> Iterator[Networks[Driver]]:
    made = Networks(request, with_coins)
    yield made
    made.close()


@dataclass
class Payment:
    """One payment to the payee, which has one more state for it."""

    driver: Driver
    client_id: str
    victim: str
    at_death: Callable[[], None] = lambda: None
    to_account: str | None = None

    def run(self) -> Trial:
        flow = CashPaymentFlow(YEN_10, self.driver.party(PAYEE), to_account=self.to_account)
        trial = Trial(self.driver, PAYER, flow, self.client_id, self.victim, self.at_death)
        before = len(view_of(self.driver, PAYEE).vault)
        trial.run()
        assert len(view_of(self.driver, PAYEE).vault) == before + 1
        return trial


@pytest.mark.parametrize("setting", list(settings()))
def test_between_a_sub_flows_end_and_the_publish_of_its_last_message(
    networks: Networks[Driver], setting: Setting
) -> None:
    """The payee's ReceiveFinalityFlow ends with the request that tells the payer to stop serving.

    It is committed with the flow's end; the payee is killed after each of its commits in turn, the
    one before that message leaves among them.
    """
    driver, ended_unsent = networks.of(setting), list[bool]()

    def look() -> None:
        at_payee, at_payer = view_of(driver, PAYEE).flows, view_of(driver, PAYER).flows
        ended = any(f.status is FlowStatus.COMPLETED and f.pending_sends for f in at_payee.values())
        waits = any(flow.status is FlowStatus.RUNNABLE for flow in at_payer.values())
        ended_unsent.append(ended and waits)

    Payment(driver, "brings the payee the coins' past", PAYEE).run()
    for commit in (1, 2):
        driver.arm(PAYEE, f"after_commit:{commit}")
        Payment(driver, f"after commit {commit} of the payee", PAYEE, look).run()

    assert any(ended_unsent)


@pytest.mark.parametrize("setting", list(settings()))
def test_a_session_init_sent_again_after_its_responder_has_finished(
    networks: Networks[Driver], setting: Setting
) -> None:
    """The payer dies before it has journaled the key that the payee gave it, and asks again.

    Which of the payer's commits that is depends on what else it commits just then.
    """
    driver = networks.of(setting)
    driver.run(PAYEE, CreateAccount("bob"), "create bob")
    driver.run(PAYEE, ShareAccountInfo("bob", driver.party(PAYER)), "share bob")
    assert any(asked_twice(driver, commit) for commit in (2, 3, 4))


def asked_twice(driver: Driver, commit: int) -> bool:
    """Pay an account, the payer dying before that commit; whether the payee was asked twice."""
    before, keys = driver.metrics(PAYEE), len(view_of(driver, PAYEE).own_keys)
    driver.arm(PAYER, f"before_commit:{commit}")

    def await_the_responders_end() -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while flows_run(driver, PAYEE):
            assert time.monotonic() < deadline
            time.sleep(0.05)

    client_id = f"asks for the key twice, dying at commit {commit}"
    payment = Payment(driver, client_id, PAYER, await_the_responders_end, "bob@PartyB")
    trial = payment.run()

    after = driver.metrics(PAYEE)
    assert trial.deaths == ["first"]
    assert after[STARTED] - before[STARTED] == 2  # the key's responder, and the payment's
    assert len(view_of(driver, PAYEE).own_keys) == keys + 1
    return after[DUPLICATES] > before[DUPLICATES]


def flows_run(driver: Driver, name: str) -> bool:
    flows = view_of(driver, name).flows.values()
    return any(flow.status is FlowStatus.RUNNABLE for flow in flows)
