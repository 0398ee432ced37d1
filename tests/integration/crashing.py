"""Networks of processes that are to crash, and one run of a flow through a crash."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

import pytest

from corda_sim.flow.logic import FlowLogic
from corda_sim.invariants import databases_of
from corda_sim.invariants.reading import read_node
from corda_sim.invariants.views import NodeView
from corda_sim.testing.driver import Driver
from tests.integration.rigs import Rig

PATIENCE_SECONDS = 60


class Setting(NamedTuple):
    rig: Rig
    reload: bool

    def __str__(self) -> str:
        return f"{self.rig}{'+reload' if self.reload else ''}"


Prepared = TypeVar("Prepared")


class Networks(Generic[Prepared]):
    """The network of the setting under test; it goes when another setting's turn comes."""

    def __init__(
        self, request: pytest.FixtureRequest, prepare: Callable[[Driver], Prepared]
    ) -> None:
        self._request, self._prepare = request, prepare
        self._stack = ExitStack()
        self._open: tuple[Setting, Driver, Prepared] | None = None

    def of(self, setting: Setting) -> Prepared:
        """What was prepared over the network, which is made anew where one has left it broken."""
        if self._open is None or self._open[0] != setting or not works(self._open[1]):
            self.close()
            driver = self._stack.enter_context(self._network(setting))
            self._open = (setting, driver, self._prepare(driver))
        return self._open[2]

    @contextmanager
    def _network(self, setting: Setting) -> Iterator[Driver]:
        environment = {"PYTHONHASHSEED": "random"}
        asked = setting.rig.network(self._request)
        with Driver(asked, reload=setting.reload, environment=environment) as driver:
            driver.start()
            yield driver

    def close(self) -> None:
        self._open = None
        self._stack.close()


def works(driver: Driver) -> bool:
    """Whether every node lives: a case that failed may have left one dead."""
    return all(node.is_alive for node in driver.running.values())


@dataclass
class Trial:
    """One run of a flow, asked for again when its node has died; `deaths` of the victim."""

    driver: Driver
    starter: str
    flow: FlowLogic[Any]
    client_id: str
    victim: str
    at_death: Callable[[], None] = lambda: None
    deaths: list[str] = field(default_factory=list)

    def run(self, crash_again: str = "") -> None:
        """To rest; when `victim` dies it is started again, armed with `crash_again` at first."""
        pending = self.driver.ask(self.starter, self.flow, self.client_id)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if self.driver.await_death(self.victim, 0.02):
                self._revive(crash_again)
                if self.victim == self.starter:
                    pending = self.driver.ask(self.starter, self.flow, self.client_id)
            elif pending.done() and pending.exception() is None and self.driver.await_quiet(1):
                break
        assert pending.result(1) == ""
        assert self.driver.await_quiet()
        assert self.driver.check() == []

    def _revive(self, crash_again: str) -> None:
        first = not self.deaths
        self.deaths.append("first" if first else crash_again)
        self.at_death()
        revived = self.driver.spawn(self.victim, crash=crash_again if first else "")
        if not (first and crash_again):
            self.driver.await_ready(revived)


def views_of(driver: Driver) -> dict[str, NodeView]:
    return {one.name: read_node(one) for one in databases_of(driver.network)}


def view_of(driver: Driver, name: str) -> NodeView:
    return read_node(next(one for one in databases_of(driver.network) if one.name == name))
