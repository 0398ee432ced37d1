"""Whose log line it is: the flow whose code runs at the moment."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_RUNNING: ContextVar[str | None] = ContextVar("running_flow", default=None)


def running_flow() -> str | None:
    """The id of the flow whose code runs now; None outside of flows."""
    return _RUNNING.get()


@contextmanager
def running(flow_id: str) -> Iterator[None]:
    """What is logged inside is the flow's."""
    token = _RUNNING.set(flow_id)
    try:
        yield
    finally:
        _RUNNING.reset(token)


def of_flow(flow_id: str | None) -> Mapping[str, str]:
    """The `extra` of a log call about a flow, from outside of its code."""
    return {} if flow_id is None else {"flow_id": flow_id}


class FlowLogger(logging.LoggerAdapter[logging.Logger]):
    """A flow's own logger: a flow that is replayed says nothing a second time."""

    def __init__(self, logger: logging.Logger, *, replaying: bool) -> None:
        super().__init__(logger)
        self._replaying = replaying

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the base's name
        """Whether a line of that level is written now."""
        return not self._replaying and super().isEnabledFor(level)
