"""Flows by name, who answers whom, and what a wrong name or argument is told."""

import pytest

from corda_sim.core.errors import IllegalStateError
from corda_sim.flow import FlowLogic, FlowSession, initiated_by, initiating_flow, startable_by_rpc
from corda_sim.flow.errors import FlowArgumentsException, UnknownFlowException
from corda_sim.flow.registry import FlowRegistry, arguments_of, bind


@startable_by_rpc
@initiating_flow("example.Greet", version=3)
class Greet(FlowLogic[str]):
    def __init__(self, name: str, times: int = 1) -> None:
        self.name, self.times = name, times

    async def call(self) -> str:
        return self.name * self.times


@initiated_by(Greet)
class Welcome(FlowLogic[None]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        return None


@initiating_flow("elsewhere.Greet")
class OtherGreet(FlowLogic[None]):
    async def call(self) -> None:
        return None


@pytest.fixture
def registry() -> FlowRegistry:
    made = FlowRegistry()
    for flow in (Greet, Welcome):
        made.register(flow, "example")
    return made


def test_decorators_declare_what_corda_declares() -> None:
    assert (Greet.flow_name, Greet.flow_version) == ("example.Greet", 3)
    assert Greet.is_initiating
    assert Greet.is_startable_by_rpc
    assert (Welcome.flow_name, Welcome.answers) == ("example.Greet.Responder", "example.Greet")
    assert not Welcome.is_startable_by_rpc


def test_a_flow_is_found_by_wire_name_and_by_class_name(registry: FlowRegistry) -> None:
    assert registry.find("example.Greet") is Greet
    assert registry.find("Greet") is Greet
    assert registry.responder_to("example.Greet") is Welcome
    assert registry.responder_to("example.Other") is None
    assert registry.startable() == [Greet]
    assert registry.app_of("example.Greet") == "example"


def test_an_ambiguous_class_name_is_not_guessed(registry: FlowRegistry) -> None:
    registry.register(OtherGreet, "elsewhere")
    with pytest.raises(UnknownFlowException):
        registry.find("Greet")
    assert registry.find("elsewhere.Greet") is OtherGreet


def test_an_unknown_name_is_told_the_nearest(registry: FlowRegistry) -> None:
    with pytest.raises(UnknownFlowException, match=r"No flow is named Gret\. Did you mean Greet\?"):
        registry.find("Gret")


def test_registering_again_changes_nothing(registry: FlowRegistry) -> None:
    registry.register(Greet, "example")
    assert registry.startable() == [Greet]


def test_two_flows_of_one_name_are_refused(registry: FlowRegistry) -> None:
    @initiating_flow("example.Greet")
    class Impostor(FlowLogic[None]):
        async def call(self) -> None:
            return None

    with pytest.raises(IllegalStateError, match=r"Two flows are named example\.Greet"):
        registry.register(Impostor, "other")


def test_two_answers_to_one_flow_are_refused(registry: FlowRegistry) -> None:
    @initiated_by("example.Greet")
    class Second(FlowLogic[None]):
        flow_name = "other.Second"

        async def call(self) -> None:
            return None

    with pytest.raises(IllegalStateError, match=r"Two flows answer example\.Greet"):
        registry.register(Second, "other")


def test_arguments_restore_the_flow_however_they_were_given(registry: FlowRegistry) -> None:
    flow = registry.create("example.Greet", arguments_of(Greet("Ada", times=2)))
    assert isinstance(flow, Greet)
    assert (flow.name, flow.times) == ("Ada", 2)
    assert arguments_of(Greet("Ada", 2)) == arguments_of(Greet(times=2, name="Ada"))


def test_wrong_arguments_are_told_the_expected_ones() -> None:
    with pytest.raises(FlowArgumentsException, match=r"Greet: .*; it takes: name: str, times: int"):
        bind(Greet, {"nom": "Ada"})
