"""Log lines: one JSON object each, the flow's id on those of a flow, no secrets."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corda_sim.core.settings_errors import mask_passwords
from corda_sim.flow import FlowLogic, FlowSession, initiated_by, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.errors import FlowException
from corda_sim.flow.logs import of_flow, running, running_flow
from corda_sim.node import logs
from corda_sim.testing.mock_network import MockNetwork


@initiating_flow("test.logs.Talk")
class Talk(FlowLogic[str]):
    def __init__(self, peer: str) -> None:
        self.peer = peer

    async def call(self) -> str:
        self.logger.info("asking %s", self.peer)
        session = self.initiate_flow(self.service_hub.services.party_by_text(self.peer))
        answer = await session.send_and_receive(str, "?")
        self.logger.info("answered")
        return answer.unwrap(lambda text: text)


@initiated_by(Talk)
class Listen(FlowLogic[None]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        question = (await self.session.receive(str)).unwrap(lambda text: text)
        logging.getLogger("a.library").warning("was asked %s", question)
        await self.session.send("!")


class Refuse(FlowLogic[None]):
    flow_name = "test.logs.Refuse"

    async def call(self) -> None:
        raise FlowException("not today")


class Stumble(FlowLogic[None]):
    flow_name = "test.logs.Stumble"

    async def call(self) -> None:
        raise ZeroDivisionError("a defect")


APP = CordApp("logs", (Talk, Listen, Refuse, Stumble))


class Lines:
    """What was logged, parsed."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self.handler = logging.StreamHandler(self._stream)
        self.handler.setFormatter(logs.formatter())

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def only(self, event: str) -> dict[str, Any]:
        (found,) = (line for line in self.all() if line["event"].startswith(event))
        return found


@pytest.fixture
def lines() -> Iterator[Lines]:
    root, made = logging.getLogger(), Lines()
    before = root.level
    root.addHandler(made.handler)
    root.setLevel("DEBUG")
    yield made
    root.setLevel(before)
    root.removeHandler(made.handler)


@pytest.mark.parametrize("reload", [False, True], ids=["live", "rebuilt at every suspend"])
def test_a_flow_s_lines_carry_its_id_and_come_once(lines: Lines, reload: bool) -> None:
    with MockNetwork(cordapps=[APP], reload=reload) as network:
        assert network["PartyA"].run_flow(Talk("PartyB")) == "!"
    asking = lines.only("asking PartyB")
    assert asking["logger"] == "test.logs.Talk"
    assert asking["level"] == "info"
    assert lines.only("answered")["flow_id"] == asking["flow_id"]
    asked = lines.only("was asked ?")
    assert asked["flow_id"] != asking["flow_id"]
    completed = [one["flow_id"] for one in lines.all() if one["event"] == "flow completed"]
    assert {asking["flow_id"], asked["flow_id"]} <= set(completed)


def test_a_refusal_has_no_trace_and_a_defect_has_one(lines: Lines) -> None:
    with MockNetwork(cordapps=[APP]) as network:
        for flow in (Refuse(), Stumble()):
            with pytest.raises((FlowException, ZeroDivisionError)):
                network["PartyA"].run_flow(flow)
    refused = lines.only("flow failed: FlowException: not today")
    assert "exception" not in refused
    stumbled = lines.only("flow failed: ZeroDivisionError: a defect")
    assert "line" in stumbled["exception"]
    assert stumbled["flow_id"] not in ("", refused["flow_id"])


def test_no_flow_runs_outside_of_one() -> None:
    assert running_flow() is None
    with running("outer"):
        with running("inner"):
            assert running_flow() == "inner"
        assert running_flow() == "outer"
    assert running_flow() is None
    assert of_flow(None) == {}


def test_a_line_about_a_flow_keeps_that_flow_s_id(lines: Lines) -> None:
    with running("another"):
        logging.getLogger("x").warning("step failed", extra=of_flow("mine"))
    assert lines.only("step failed")["flow_id"] == "mine"


def test_a_line_of_no_flow_has_no_id(lines: Lines) -> None:
    logging.getLogger("x").warning("at large")
    assert "flow_id" not in lines.only("at large")


def test_passwords_in_urls_are_masked(lines: Lines) -> None:
    log = logging.getLogger("x")
    log.warning("can't reach %s", "amqps://node:s3cret@broker:5671/vhost")
    try:
        raise OSError("postgresql://corda:s3cret@db/node refuses")
    except OSError:
        log.exception("failed")
    assert "s3cret" not in lines.text
    assert "amqps://node:***@broker:5671/vhost" in lines.text
    assert "postgresql://corda:***@db/node refuses" in lines.only("failed")["exception"]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("amqp://u:p@h", "amqp://u:***@h"),
        ("amqp://u@h:5672/v", "amqp://u@h:5672/v"),
        ("http://h:80/a b@c", "http://h:80/a b@c"),
        ("two: a://b:c@d e://f:g@h", "two: a://b:***@d e://f:***@h"),
    ],
)
def test_masking(text: str, masked: str) -> None:
    assert mask_passwords(text) == masked


def test_a_node_writes_into_its_own_file(tmp_path: Path) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        logs.configure(tmp_path, "WARNING")
        logging.getLogger("x").info("hidden")
        logging.getLogger("x").warning("seen")
        (handler,) = root.handlers
        handler.close()
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    (line,) = (tmp_path / "logs" / "node.log").read_text("utf-8").splitlines()
    assert json.loads(line)["event"] == "seen"
