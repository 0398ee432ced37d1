"""The only awaitable that suspends a flow; all else that a flow awaits runs to its end at once."""

import types
from collections.abc import Generator

from corda_sim.flow.requests import FlowIORequest


@types.coroutine
def suspend(request: FlowIORequest) -> Generator[FlowIORequest, object, object]:
    """Hand `request` to the engine; the value (or exception) with which it resumes the flow."""
    return (yield request)
