"""Feeds: a snapshot, then what changes (net.corda.core.messaging.DataFeed)."""

from contextlib import ExitStack
from typing import Any, Self

from corda_sim.core.errors import IllegalArgumentError
from corda_sim.flow.effects import FlowEnded, Notification
from corda_sim.flow.progress import Progress
from corda_sim.node.engine_room import Subscriber
from corda_sim.node.node import Node
from corda_sim.node.vault.recorder import VaultUpdate
from corda_sim.rpc.flow_operations import state_machines_snapshot
from corda_sim.rpc.rendering import to_json
from corda_sim.rpc.requests import MAX_PAGE_SIZE, Request, VaultSelection
from corda_sim.rpc.subscription import Subscription
from corda_sim.rpc.vault_operations import page_to_json, vault_selection


class Feed:
    """Open from its making until it is left. On the node's loop."""

    def __init__(self, snapshot: Any, updates: Subscription, stack: ExitStack) -> None:  # noqa: ANN401 - JSON
        self.snapshot, self._updates, self._stack = snapshot, updates, stack

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    async def next(self) -> dict[str, Any]:
        """The next update as JSON data. Raises SlowConsumerException."""
        return _render(await self._updates.next())


def open_feed(node: Node, name: str, state: str | None) -> Feed:
    """The feed `vault`, of one state type or all, or `flows`.

    Raises: IllegalArgumentError for another name, UnknownStateTypeException.
    """
    if name == "flows":
        stack = ExitStack()
        updates = stack.enter_context(Subscription(node.room.subscribers, _is_of_flows))
        return Feed(state_machines_snapshot(node, Request()), updates, stack)
    if name == "vault":
        return _vault_feed(node, state)
    raise IllegalArgumentError(f"There is no feed {name}: vault or flows is expected")


def _vault_feed(node: Node, state: str | None) -> Feed:
    query = vault_selection(node, VaultSelection(state=state, page_size=MAX_PAGE_SIZE))
    stack, told = ExitStack(), list[Subscriber]()
    updates = stack.enter_context(Subscription(told, lambda _: True))

    def observe(update: VaultUpdate) -> None:
        for subscriber in told:
            subscriber(Notification(update.flow_id, update))

    feed = node.hub.vault.track(query, observe)
    stack.callback(feed.close)
    return Feed(page_to_json(node, feed.snapshot), updates, stack)


def _is_of_flows(told: Notification) -> bool:
    return isinstance(told.value, Progress | FlowEnded)


def _render(told: Notification) -> dict[str, Any]:
    if isinstance(told.value, VaultUpdate):
        update = told.value
        return {
            "flow_id": told.flow_id,
            "consumed": to_json(update.consumed),
            "produced": to_json(update.produced),
        }
    if isinstance(told.value, FlowEnded):
        error = told.value.error
        text = None if error is None else f"{type(error).__name__}: {error}"
        return {"flow_id": told.flow_id, "ended": True, "error": text}
    return {"flow_id": told.flow_id, "progress": str(told.value)}
