"""A flow that fails with a typed, loaded exception at once, and the other side that hears it."""

from typing import ClassVar

from corda_sim.flow import (
    FlowException,
    FlowLogic,
    FlowSession,
    initiated_by,
    initiating_flow,
)


class Refusal(FlowException):
    """A typed no, with a payload."""

    wire_name = "farewell.Refusal"


@initiating_flow("farewell.Refuse")
class Refuse(FlowLogic[None]):
    """Says something, then fails at once."""

    def __init__(self, peer: str) -> None:
        self.peer = peer

    async def call(self) -> None:
        """Two words and a refusal."""
        session = self.initiate_flow(self.service_hub.services.party_by_text(self.peer))
        await session.send("one")
        await session.send("two")
        raise Refusal("not with you", 42)


@initiated_by(Refuse)
class Hear(FlowLogic[None]):
    """Hears it out."""

    heard: ClassVar[list[object]] = []

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Every word, then the error."""
        heard: list[object] = []
        try:
            while True:
                heard.append((await self.session.receive(str)).unwrap(str))
        except FlowException as error:
            Hear.heard = [*heard, error]


def assert_refused() -> None:
    *words, error = Hear.heard
    assert words == ["one", "two"]
    assert type(error) is Refusal
    assert (error.message, error.payload) == ("not with you", 42)
    assert error.original_error_id is not None
