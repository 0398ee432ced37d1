"""The handlers' store over bridge states: what it notes, and how it deals with tickets."""

from collections.abc import Collection, Iterable, Mapping

import pytest

from corda_sim.ibc.host import paths
from corda_sim.ibc.numbers import u64
from corda_sim.ibc.store import CachedStore
from states.ibc.errors import BridgeStateMissing, PacketExists, TicketsExhausted
from states.ibc.partition import HOST_COUNTERS
from states.ibc.store import BridgeStore
from states.ibc.union import UnionSource
from tests.unit.states.bridge_ledger import (
    CHANNEL,
    CLIENT,
    PORT,
    channel,
    client,
    consensus,
    counters,
    receive_ticket,
    sent,
    state,
)

NEXT = paths.next_sequence_send(PORT, CHANNEL)


def commitment(number: int) -> str:
    return paths.packet_commitment(PORT, CHANNEL, number)


def receipt(number: int) -> str:
    return paths.packet_receipt(PORT, CHANNEL, number)


def store_of(*states: object, inputs: Collection[str] = ()) -> BridgeStore:
    return BridgeStore(UnionSource(states, inputs))  # type: ignore[arg-type]


def test_reads_become_references_and_writes_inputs() -> None:
    store = store_of(client(), consensus(), channel(), counters())
    assert store.get(paths.client_state(CLIENT)) is not None
    assert store.get(paths.channel(PORT, CHANNEL)) is not None
    store.set(paths.channel(PORT, CHANNEL), b"closed")
    assert store.get(paths.connection("connection-9")) is None
    assert store.references == (paths.client_state(CLIENT),)
    assert store.inputs == (paths.channel(PORT, CHANNEL),)
    assert store.outputs == {
        paths.channel(PORT, CHANNEL): {paths.channel(PORT, CHANNEL): b"closed"}
    }


def test_a_new_state_has_no_input() -> None:
    store = store_of()
    store.set(paths.connection("connection-0"), b"end")
    assert store.inputs == store.references == ()
    assert list(store.outputs) == [paths.connection("connection-0")]


def test_a_changed_state_keeps_its_other_values() -> None:
    store = store_of(counters(send=4, receive=6))
    store.count(NEXT, 9)
    (values,) = store.outputs.values()
    assert values[NEXT] == u64(9)
    assert values[paths.next_sequence_recv(PORT, CHANNEL)] == u64(6)


def test_host_counters_can_not_be_left_out() -> None:
    with pytest.raises(BridgeStateMissing):
        store_of().get(paths.NEXT_CHANNEL_SEQUENCE)
    present = store_of(state({paths.NEXT_CHANNEL_SEQUENCE: u64(2)}))
    assert present.get(paths.NEXT_CHANNEL_SEQUENCE) == u64(2)
    assert present.references == (HOST_COUNTERS,)


def test_a_ticket_answers_the_next_sequence_and_becomes_the_packet() -> None:
    store = store_of(sent(8), counters(send=20), inputs={commitment(8)})
    assert store.get(NEXT) == u64(8)
    assert store.get(commitment(8)) is None
    store.set(NEXT, u64(9))
    store.set(commitment(8), b"\1" * 32)
    assert store.inputs == (commitment(8),)
    assert store.outputs == {commitment(8): {commitment(8): b"\1" * 32}}
    assert store.counter(NEXT) == 20


def test_tickets_are_drawn_in_order_and_each_once() -> None:
    keys = {commitment(number) for number in (10, 9, 11)}
    store = store_of(sent(10), sent(9), sent(11), inputs=keys)
    drawn = []
    for _ in range(3):
        number = store.get(NEXT)
        assert number is not None
        drawn.append(int.from_bytes(number, "big"))
        store.set(NEXT, u64(drawn[-1] + 1))
        store.set(commitment(drawn[-1]), b"x")
    assert drawn == [9, 10, 11]
    assert store.get(NEXT) is None


def test_packets_without_tickets() -> None:
    store = store_of(counters(), sent(2, b"taken"), inputs={commitment(2)})
    for path in (commitment(1), receipt(1), paths.packet_acknowledgement(PORT, CHANNEL, 1)):
        with pytest.raises(TicketsExhausted) as missing:
            store.set(path, b"x")
        assert missing.value.path == path
    with pytest.raises(PacketExists):
        store.set(commitment(2), b"another")


def test_a_receive_ticket_takes_receipt_and_acknowledgement() -> None:
    store = store_of(receive_ticket(5), inputs={receipt(5)})
    ack = paths.packet_acknowledgement(PORT, CHANNEL, 5)
    store.set(receipt(5), b"\1")
    store.set(ack, b"\2" * 32)
    assert store.outputs == {receipt(5): {receipt(5): b"\1", ack: b"\2" * 32}}


def test_an_acknowledged_packet_ends() -> None:
    store = store_of(sent(3, b"x" * 32))
    store.delete(commitment(3))
    assert store.inputs == (commitment(3),)
    assert store.outputs == {}
    assert store.get(commitment(3)) is None


def test_an_attempt_that_fails_leaves_no_trace_but_what_it_read() -> None:
    store = store_of(channel(), counters())
    attempt = CachedStore(store)
    attempt.set(paths.channel(PORT, CHANNEL), b"closed")
    assert attempt.get(paths.connection("connection-0")) is None
    assert store.changes == 0
    assert store.outputs == {}


def test_paths_in_sight() -> None:
    start = paths.consensus_states(CLIENT)
    store = store_of(consensus("0-5"), consensus("0-7"), client())
    assert sorted(store.paths(start)) == [f"{start}0-{number}" for number in (5, 7)]


def test_what_is_older_than_what_is_in_sight_is_not_referred_to() -> None:
    start = paths.consensus_states(CLIENT)
    store = store_of(consensus("0-5"), consensus("0-7"), client())
    assert store.get(f"{start}0-5") is not None
    store.set(f"{start}0-9", b"new")
    assert sorted(store.paths(start)) == [f"{start}0-5", f"{start}0-9"]
    assert store.references == (f"{start}0-5",)


class OneAtATime:
    """A source that shows the newest only, as the vault does."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def entries(self, key: str) -> Mapping[str, bytes] | None:
        self.asked.append(key)
        return {key: b"x"} if key.endswith("0-7") else None

    def newest(self, prefix: str) -> Iterable[str]:
        return [f"{prefix}0-7"]

    def send_ticket(self, group: str, used: Collection[str]) -> str | None:
        del group, used
        return None


def test_each_state_is_looked_for_once() -> None:
    source = OneAtATime()
    store = BridgeStore(source)
    for _ in range(3):
        assert store.get(paths.connection("connection-0")) is None
        assert list(store.paths(paths.consensus_states(CLIENT))) == [
            paths.consensus_state(CLIENT, "0-7")
        ]
    assert len(source.asked) == len(set(source.asked)) == 2
