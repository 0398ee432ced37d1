"""How flows that resolve transactions at the same time share what they fetch from peers."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.flow._traps import suspend
from corda_sim.flow.context import FlowContext
from corda_sim.flow.errors import FlowWaitTimeout
from corda_sim.flow.requests import AwaitCondition
from corda_sim.flow.services import NodeServices

FETCHES_TOPIC = "fetches"
PATIENCE = timedelta(seconds=10)
"""How long a flow relies on another flow's peer before it asks its own."""


class FlowFetches:
    """The node's fetches, as one flow sees them; what it is told is journaled."""

    def __init__(self, context: FlowContext, services: NodeServices) -> None:
        self._context, self._services = context, services

    def claim(self, ids: Iterable[SecureHash]) -> tuple[SecureHash, ...]:
        """Those of `ids` that this flow is to fetch; the others are on their way to another."""
        flow_id = self._context.flow_id
        told = self._context.record_since(
            "fetches",
            lambda: serialize(tuple(self._services.claim_fetches(flow_id, ids))),
            lambda: serialize(tuple(ids)),
        )
        return deserialize(told, tuple[SecureHash, ...])

    async def wait_for(self, ids: tuple[SecureHash, ...]) -> None:
        """Suspend until these are recorded, or nobody else fetches them, or `PATIENCE` is over."""
        services, flow_id = self._services, self._context.flow_id
        now = self._context.record("clock", lambda: services.now_ns().to_bytes(8, "big"))
        wait = AwaitCondition(
            FETCHES_TOPIC,
            f"{len(ids)} transactions that other flows fetch",
            int.from_bytes(now, "big") + PATIENCE // timedelta(microseconds=1) * 1000,
            lambda: None if services.fetchers(flow_id, ids) else b"",
            lambda: ", ".join(f"flow {one} must end" for one in services.fetchers(flow_id, ids)),
        )
        with suppress(FlowWaitTimeout):
            await suspend(wait)

    def end(self) -> None:
        """This flow fetches nothing more once its step has committed."""
        if not self._context.replaying:
            self._services.end_fetches(self._context.staged, self._context.flow_id)
