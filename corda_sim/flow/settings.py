"""Settings of the engine."""

from dataclasses import dataclass

DAY_NS = 86_400 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """`message_retention` (ns): how long a session-init's id is kept; an older init is refused.

    `max_flows`: flows that run at once before RPC is told to come back in `busy_eta_seconds`.
    `max_early_messages`: kept of one session while an earlier message is missing.
    `reload_checkpoint_after_suspend` rebuilds every flow from its journal at every suspend.
    """

    message_retention: int = 7 * DAY_NS
    max_flows: int = 5_000
    max_early_messages: int = 1_000
    busy_eta_seconds: float = 1.0
    reload_checkpoint_after_suspend: bool = False
