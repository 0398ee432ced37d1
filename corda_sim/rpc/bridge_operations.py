"""Operations on the bridge, for relayers: bytes as hexadecimal, heights in ms since 1970."""

import asyncio
import contextlib
from typing import Annotated, Any

from pydantic import Field

from corda_sim.core.contracts import StateRef
from corda_sim.flow.effects import Notification
from corda_sim.ibc.queries import BridgeQueries, ProvenHeader, TransactionEvents
from corda_sim.node.node import Node
from corda_sim.node.vault.recorder import VaultUpdate
from corda_sim.rpc.requests import Request
from corda_sim.rpc.subscription import Subscription

MAX_PATH = 1024
MAX_TRANSACTIONS = 1000
MAX_WAIT_SECONDS = 60.0


class OfHost(Request):
    """Of the host with this base id (``HASH(index)``), or of the node's only one."""

    host: Annotated[str, Field(max_length=100)] | None = None

    @property
    def base_id(self) -> StateRef | None:
        """The base id. Raises: IllegalArgumentError."""
        return None if self.host is None else StateRef.parse(self.host)


class AtPath(OfHost):
    """One path."""

    path: Annotated[str, Field(min_length=1, max_length=MAX_PATH)]


class UnderPrefix(OfHost):
    """All paths that start with a prefix."""

    prefix: Annotated[str, Field(max_length=MAX_PATH)]


class FromHeight(OfHost):
    """A height and all later ones."""

    height: Annotated[int, Field(ge=0)]


class SinceCursor(OfHost):
    """What comes after a cursor, at most so many transactions; where nothing has, wait for it."""

    since: Annotated[str, Field(max_length=32)] = ""
    limit: Annotated[int, Field(ge=1, le=MAX_TRANSACTIONS)] = MAX_TRANSACTIONS
    wait_seconds: Annotated[float, Field(ge=0, le=MAX_WAIT_SECONDS)] = 0.0


def ibc_host(node: Node, request: OfHost) -> dict[str, Any]:
    """What clients of the host must know."""
    found = _bridge(node).host(request.base_id)
    client = found.client_state
    return {
        "base_id": {"txhash": client.base_id.txhash.hex(), "index": client.base_id.index},
        "notary_key": client.notary_key.hex(),
        "validator_keys": [key.hex() for key in client.validator_keys],
        "threshold": client.threshold,
        "chain_id": found.chain_id,
        "mrenclave": found.mrenclave.hex(),
        "operators": [one.hex() for one in found.operators],
        "ports": dict(found.ports),
        "height": found.height,
    }


def ibc_admitted(node: Node, request: OfHost) -> list[str]:
    """The clients that the node's operator has admitted."""
    return list(_bridge(node).admitted(request.base_id))


def ibc_query(node: Node, request: AtPath) -> dict[str, Any]:
    """The value at a path with its proof; null where nothing is."""
    found = _bridge(node).value(request.base_id, request.path)
    if found is None:
        return {"value": None, "tear_off": "", "height": 0}
    return {
        "value": found.value.hex(),
        "tear_off": found.tear_off.hex(),
        "height": found.height,
    }


def ibc_paths(node: Node, request: UnderPrefix) -> list[str]:
    """The paths that have a value."""
    return list(_bridge(node).paths(request.base_id, request.prefix))


def ibc_header(node: Node, request: FromHeight) -> dict[str, Any]:
    """The earliest transaction of a height or later; height 0 where there is none."""
    found = _bridge(node).header(request.base_id, request.height) or ProvenHeader(b"", 0)
    return {"tear_off": found.tear_off.hex(), "height": found.height}


async def ibc_events(node: Node, request: SinceCursor) -> dict[str, Any]:
    """What happened after a cursor, and the next one; waits for news where there is none."""
    told = _told(node, request)
    if told["events"] or not request.wait_seconds:
        return told
    with (
        Subscription(node.room.subscribers, _is_of_vault) as updates,
        contextlib.suppress(TimeoutError),
    ):
        async with asyncio.timeout(request.wait_seconds):
            while not told["events"]:
                await updates.next()
                told = _told(node, request)
    return told


def _is_of_vault(told: Notification) -> bool:
    return isinstance(told.value, VaultUpdate)


def _told(node: Node, request: SinceCursor) -> dict[str, Any]:
    cursor, found = _bridge(node).events(request.base_id, request.since, request.limit)
    return {"cursor": cursor, "events": [told for one in found for told in _events(one)]}


def _events(one: TransactionEvents) -> list[dict[str, Any]]:
    place = {"tx_id": str(one.transaction), "height": one.height}
    return [
        {**place, "type": event.type, "attributes": dict(event.attributes)} for event in one.events
    ]


def _bridge(node: Node) -> BridgeQueries:
    service: BridgeQueries = node.hub.cordapp_service(
        BridgeQueries  # type: ignore[type-abstract] # the CorDapp's own is found by it
    )
    return service
