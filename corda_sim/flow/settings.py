"""Settings of the engine."""

from dataclasses import dataclass

DAY_NS = 86_400 * 1_000_000_000
SECOND_NS = 1_000_000_000
LARGE_TRANSACTION = 256 * 1024
"""Bytes, states referred to included, above which a transaction isn't verified in the step."""


@dataclass(frozen=True, slots=True)
class FlowTimeout:
    """How long a timed flow waits (node.conf's `flowTimeout`); `timeout` is in ns."""

    timeout: int = 30 * SECOND_NS
    max_restart_count: int = 6
    backoff_base: float = 1.8

    def delay(self, restarts: int) -> int:
        """Nanoseconds for an attempt after so many restarts, before it is stretched at random."""
        grown: float = self.backoff_base ** min(restarts, self.max_restart_count)
        return int(max(SECOND_NS, self.timeout * grown))


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """`message_retention` (ns): how long a session-init's id is kept; an older init is refused.

    `max_flows`: flows that run at once before RPC is told to come back in `busy_eta_seconds`.
    `max_early_messages`: kept of one session while an earlier message is missing.
    `reload_checkpoint_after_suspend` rebuilds every flow from its journal at every suspend.
    `large_transaction` (bytes): flows wait for the verification of what is larger.
    """

    message_retention: int = 7 * DAY_NS
    max_flows: int = 5_000
    max_early_messages: int = 1_000
    busy_eta_seconds: float = 1.0
    reload_checkpoint_after_suspend: bool = False
    flow_timeout: FlowTimeout = FlowTimeout()
    large_transaction: int = LARGE_TRANSACTION
