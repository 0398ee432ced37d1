"""Random stories for the twins: mostly sensible ones, so that they go deep."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from corda_sim.ibc.channel.types import Order
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.connection.types import Version
from tests.integration.goquorum.twins.pair import PORT
from tests.integration.goquorum.twins.story import FULL, HEIGHT

Step = tuple[str, dict[str, Any]]

numbers = st.sampled_from((0, 0, 0, 0, 0, 1, 1, 2))
honesty = st.sampled_from((True,) * 9 + (False,))
proof_heights = st.sampled_from((HEIGHT, HEIGHT, Height(0, 9), Height(1, 1)))
versions = st.sampled_from(
    (
        FULL,
        FULL,
        Version("1", ("ORDER_UNORDERED",)),
        Version("1", ("ORDER_ORDERED",)),
        Version("1", ("ORDER_UNORDERED", "ORDER_DAG")),
        Version("1", ()),
        Version("2", ("ORDER_UNORDERED",)),
    )
)
orders = st.sampled_from((Order.UNORDERED,) * 5 + (Order.ORDERED, Order.NONE))
ports = st.sampled_from((PORT,) * 6 + ("other",))
contents = st.sampled_from((b"hello", b"\x00" * 33, b"later on", b"later", b"revert me"))
# Far enough from now that the time which the test itself takes changes nothing.
seconds_ahead = st.sampled_from((None, None, -1000, 1000, 10**6))
blocks_ahead = st.sampled_from((None, -2, 0, 1, 2, 2, 10**6, 10**6))

proofs = {"at": proof_heights, "honest": honesty}
ours = {"packet": numbers, "unaltered": honesty}
STEPS: Mapping[str, Mapping[str, SearchStrategy[Any]]] = {
    "create_client": {"height": st.integers(1, 9), "timestamp": st.integers(1, 10**10)},
    "update_client": {
        "client": numbers,
        "height": st.integers(1, 12),
        "timestamp": st.integers(1, 3),
    },
    "connection_init": {"client": numbers, "version": st.none() | versions},
    "connection_try": {
        "client": numbers,
        "offered": st.lists(versions, min_size=1, max_size=3).map(tuple),
        **proofs,
    },
    "connection_ack": {"connection": numbers, "version": versions, **proofs},
    "connection_confirm": {"connection": numbers, **proofs},
    "channel_init": {
        "port": ports,
        "connection": numbers,
        "order": orders,
        "version": st.sampled_from(("", "v1")),
    },
    "channel_try": {"port": ports, "connection": numbers, "order": orders, **proofs},
    "channel_ack": {"channel": numbers, "version": st.sampled_from(("v1", "v2")), **proofs},
    "channel_confirm": {"channel": numbers, **proofs},
    "channel_close_init": {"channel": numbers},
    "channel_close_confirm": {"channel": numbers, **proofs},
    "send": {
        "channel": numbers,
        "content": contents,
        "blocks": blocks_ahead,
        "seconds": seconds_ahead,
    },
    "receive": {
        "channel": numbers,
        "sequence": st.integers(1, 4),
        "content": contents,
        "blocks": blocks_ahead,
        "seconds": seconds_ahead,
        **proofs,
    },
    "receive_again": {"packet": numbers, "honest": honesty},
    "acknowledge_later": {"packet": numbers, "content": st.sampled_from((b"ack", b""))},
    "acknowledge": {**ours, "content": st.sampled_from((b"ack", b"ack", b"revert it")), **proofs},
    "time_out": {**ours, "height": st.integers(1, 12), "honest": honesty},
    "time_out_on_close": {**ours, "closed": honesty, **proofs},
}
_OFTEN = ("send", "receive", "acknowledge", "time_out", "receive_again")
_NAMES = [*_OFTEN * 3, *STEPS]


def _step(name: str) -> SearchStrategy[Step]:
    return st.tuples(st.just(name), st.fixed_dictionaries(dict(STEPS[name])))


def stories(longest: int) -> SearchStrategy[list[Step]]:
    """Steps with their arguments; half of `longest` at least."""
    step = st.sampled_from(_NAMES).flatmap(_step)
    return st.lists(step, min_size=longest // 2, max_size=longest)


openings = st.sampled_from((3,) * 20 + (2, 1, 0))
"""How much is open when a story begins: nothing, a client, a connection, a channel."""
