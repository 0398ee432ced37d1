"""The updates of flows that `flow watch` prints."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from corda_sim.flow.errors import UnknownFlowIdException

Update = Mapping[str, Any]


def watched(feed: Iterable[Update], flow_id: str = "") -> Iterator[Update]:
    """A line for each flow of the snapshot, then the updates; of one flow alone until it ends.

    `flow_id` may be the beginning of an id.

    Raises: UnknownFlowIdException unless exactly one flow of the snapshot has it.
    """
    updates = iter(feed)
    snapshot: list[Update] = next(updates)["snapshot"]
    if not flow_id:
        yield from chain(snapshot, updates)
        return
    one = _only(snapshot, flow_id)
    yield one
    for update in updates:
        if update["flow_id"] == one["flow_id"]:
            yield update
            if update.get("ended"):
                return


def _only(snapshot: Iterable[Update], flow_id: str) -> Update:
    found = [one for one in snapshot if one["flow_id"].startswith(flow_id)]
    if len(found) != 1:
        raise UnknownFlowIdException(f"{len(found) or 'No'} flows run whose id begins {flow_id}")
    return found[0]
