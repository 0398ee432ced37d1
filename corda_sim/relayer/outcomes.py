"""What becomes of messages that were submitted."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Verdict(Enum):
    """What to do about a message."""

    DONE = "done"
    ALREADY_DONE = "already done"
    RETRY = "retry"
    PERMANENT = "permanent"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a message ended; `transaction` names where, `reason` is the chain's own word."""

    verdict: Verdict
    transaction: str = ""
    reason: str = ""

    @property
    def is_done(self) -> bool:
        """Whether the chain has taken what the message brought."""
        return self.verdict in (Verdict.DONE, Verdict.ALREADY_DONE)


class Submission(Protocol):
    """Messages on their way."""

    def outcomes(self) -> list[Outcome]:
        """How each message has ended, in their order; waits for all."""

    def when_done(self, call: Callable[[], None]) -> None:
        """Have `call` called, from any thread, once all have ended."""
