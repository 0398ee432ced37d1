"""A node process kills itself at the first occurrence of each crash point, at each role.

Each case runs one payment while one process is armed, starts that process again, and reads every
database once all is quiet. The default run keeps a sample that passes every point on both rigs.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.flow.state import FlowStatus
from corda_sim.invariants import databases_of
from corda_sim.invariants.reading import read_node
from corda_sim.invariants.views import NodeView
from corda_sim.node.crash import CrashPoint
from corda_sim.testing.driver import Driver
from flows.accounts.create import CreateAccount
from flows.accounts.share import ShareAccountInfo
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from tests.integration.rigs import Rig

pytestmark = pytest.mark.integration

PAYER, PAYEE, NOTARY = "PartyA", "PartyB", "Notary"
OF_THE_NOTARY = (CrashPoint.NOTARY_AFTER_COMMIT, CrashPoint.NOTARY_BEFORE_HEAD)
STARTED, DUPLICATES = "corda_flows_started_total", "corda_p2p_messages_duplicate_total"
PATIENCE_SECONDS = 60
YEN_10 = Amount.parse("10 JPY")


class Setting(NamedTuple):
    rig: Rig
    reload: bool

    def __str__(self) -> str:
        return f"{self.rig}{'+reload' if self.reload else ''}"


SETTINGS = [Setting(rig, reload) for rig in Rig for reload in (False, True)]


def roles_of(point: CrashPoint) -> tuple[str, ...]:
    return (NOTARY,) if point in OF_THE_NOTARY else (PAYER, PAYEE, NOTARY)


def is_sampled(setting: Setting, number: int, role: str) -> bool:
    """Each point once on each rig, the roles and modes in turn."""
    turn = number + SETTINGS.index(setting) // 2
    roles = roles_of(list(CrashPoint)[number])
    return setting.reload == bool(turn % 2) and role == roles[turn % len(roles)]


def cases() -> Iterator[Any]:
    for setting in SETTINGS:
        for number, point in enumerate(CrashPoint):
            for role in roles_of(point):
                slow = [] if is_sampled(setting, number, role) else [pytest.mark.slow]
                marks = [*setting.rig.marks, *slow]
                name = f"{setting}-{point}-{role}"
                yield pytest.param(setting, point, role, marks=marks, id=name)


def settings() -> Iterator[Any]:
    """Each rig once in the default run."""
    for setting in SETTINGS:
        slow = [pytest.mark.slow] if setting.reload else []
        yield pytest.param(setting, marks=[*setting.rig.marks, *slow], id=str(setting))


class Networks:
    """The network of the setting under test; it goes when another setting's turn comes."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request
        self._setting: Setting | None = None
        self._driver: Driver | None = None

    def of(self, setting: Setting) -> Driver:
        if self._setting != setting or not self._works():
            self.close()
        if self._driver is None:
            asked, environment = setting.rig.network(self._request), {"PYTHONHASHSEED": "random"}
            driver = Driver(asked, reload=setting.reload, environment=environment)
            self._driver, self._setting = driver, setting
            driver.start()
            driver.run(PAYER, CashIssueFlow(Amount.parse("10000 JPY"), splits=50), "issue")
        return self._driver

    def _works(self) -> bool:
        """Whether every node lives: a case that failed may have left one dead."""
        return self._driver is not None and all(
            node.is_alive for node in self._driver.running.values()
        )

    def close(self) -> None:
        if self._driver is not None:
            self._driver.close()
            self._driver = None


@pytest.fixture(scope="module")
def networks(request: pytest.FixtureRequest) -> Iterator[Networks]:
    made = Networks(request)
    yield made
    made.close()


@dataclass
class Payment:
    """One payment, asked for again when its payer has died; `deaths` in their order."""

    driver: Driver
    client_id: str
    victim: str
    at_death: Callable[[], None] = lambda: None
    to_account: str | None = None
    deaths: list[str] = field(default_factory=list)

    def run(self, crash_again: str = "") -> None:
        """Pay; when `victim` dies it is started again, armed with `crash_again` the first time."""
        before = received(self.driver)
        payee = self.driver.party(PAYEE)
        flow = CashPaymentFlow(YEN_10, recipient=payee, to_account=self.to_account)
        pending = self.driver.ask(PAYER, flow, self.client_id)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if self.driver.await_death(self.victim, 0.02):
                self._revive(crash_again)
                if self.victim == PAYER:
                    pending = self.driver.ask(PAYER, flow, self.client_id)
            elif pending.done() and pending.exception() is None and self.driver.await_quiet(1):
                break
        assert pending.result(1) == ""
        assert self.driver.await_quiet()
        assert self.driver.check() == []
        assert received(self.driver) == before + 1

    def _revive(self, crash_again: str) -> None:
        first = not self.deaths
        self.deaths.append("first" if first else crash_again)
        self.at_death()
        revived = self.driver.spawn(self.victim, crash=crash_again if first else "")
        if not (first and crash_again):
            self.driver.await_ready(revived)


def view_of(driver: Driver, name: str) -> NodeView:
    return read_node(next(one for one in databases_of(driver.network) if one.name == name))


def received(driver: Driver) -> int:
    """How many payments the payee has."""
    return len(view_of(driver, PAYEE).vault)


@pytest.mark.parametrize(("setting", "point", "role"), list(cases()))
def test_first_occurrence(
    networks: Networks, setting: Setting, point: CrashPoint, role: str
) -> None:
    driver, again = networks.of(setting), ""
    payment = Payment(driver, f"{point} at {role}", role)
    if point is CrashPoint.MID_RECOVERY:
        # It is passed by a process that starts again with flows to bring back.
        again, point = f"{point}:1", CrashPoint.AFTER_COMMIT
    driver.arm(role, f"{point}:1")

    payment.run(again)

    expected = ["first", again] if again else ["first"]
    assert payment.deaths == expected, f"{again or point} never fires at {role}"


@pytest.mark.parametrize("setting", list(settings()))
def test_between_a_sub_flows_end_and_the_publish_of_its_last_message(
    networks: Networks, setting: Setting
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
    networks: Networks, setting: Setting
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
    payment.run()

    after = driver.metrics(PAYEE)
    assert payment.deaths == ["first"]
    assert after[STARTED] - before[STARTED] == 2  # the key's responder, and the payment's
    assert len(view_of(driver, PAYEE).own_keys) == keys + 1
    return after[DUPLICATES] > before[DUPLICATES]


def flows_run(driver: Driver, name: str) -> bool:
    flows = view_of(driver, name).flows.values()
    return any(flow.status is FlowStatus.RUNNABLE for flow in flows)
