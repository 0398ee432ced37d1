"""Outbox and unacknowledged deliveries against simple models."""

from hypothesis import given
from hypothesis import strategies as st

from corda_sim.node.messaging.outbox import Entry, Outbox
from corda_sim.node.messaging.transport import Backoff, Parcel, PeerAddress, Window
from corda_sim.node.messaging.unacked import Settled, Unacked

PEER = PeerAddress("O=PartyB, L=London, C=GB", "B", "unix:b")


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["add", "take", "confirm", "refuse", "reset"]), st.integers(0, 9)
        ),
        max_size=120,
    )
)
def test_an_outbox_confirms_each_pack_once_and_loses_none(steps: list[tuple[str, int]]) -> None:
    outbox = Outbox(PEER, window_packs=5)
    confirmed: list[int] = []
    flying: list[Entry] = []
    added = 0
    for action, pick in steps:
        if action == "add":
            parcel = Parcel(bytes(3), "A", False, str(added))
            outbox.add(parcel, lambda n=added: confirmed.append(n))  # type: ignore[misc]
            added += 1
        elif action == "take" and (entry := outbox.take()) is not None:
            flying.append(entry)
            assert len(flying) <= 5
        elif action in {"confirm", "refuse"} and flying:
            entry = flying.pop(pick % len(flying))
            (outbox.confirm if action == "confirm" else outbox.refuse)(entry)
        elif action == "reset":
            outbox.reset()
            flying.clear()
    for entry in flying:
        outbox.confirm(entry)
    resent: list[int] = []
    while (entry := outbox.take()) is not None:
        resent.append(int(entry.parcel.duplicate_id))
        outbox.confirm(entry)
    assert resent == sorted(resent)
    assert sorted(confirmed) == list(range(added))
    assert len(outbox) == 0


def test_after_a_refusal_only_the_first_goes_out_until_it_is_confirmed() -> None:
    outbox = Outbox(PEER)
    for number in range(3):
        outbox.add(Parcel(b"x", "A", False, str(number)), lambda: None)
    first = outbox.take()
    assert first is not None
    assert outbox.take() is None
    outbox.refuse(first)
    assert outbox.take() is first
    outbox.confirm(first)
    assert [outbox.take() is not None for _ in range(3)] == [True, True, False]
    assert [entry.parcel.duplicate_id for entry in outbox.abandon()] == ["1", "2"]
    assert len(outbox) == 0


@given(order=st.permutations(range(1, 9)), cut=st.integers(0, 8))
def test_settling_in_any_order_covers_exactly_what_is_settled(order: list[int], cut: int) -> None:
    unacked: Unacked[str] = Unacked(Window(8, 80))
    for sequence in range(1, 9):
        assert unacked.arrived("c", sequence, 10) == sequence
    assert unacked.full
    covered: set[int] = set()
    for tag in order[:cut]:
        result = unacked.settle([tag, tag, 99])["c"]
        covered |= set(range(1, (result.through or 0) + 1)) | set(result.singles)
        assert covered == set(order[: order.index(tag) + 1])
    assert unacked.packs == 8 - cut
    assert unacked.has_room == (cut >= 4)
    unacked.drop("c")
    assert (unacked.packs, unacked.size, unacked.backlog("c")) == (0, 0, 0)
    assert unacked.settle(order) == {}


def test_connections_are_settled_apart() -> None:
    unacked: Unacked[str] = Unacked(Window())
    tags = [
        unacked.arrived(origin, sequence, 1) for origin, sequence in [("a", 1), ("b", 1), ("a", 2)]
    ]
    assert unacked.settle(tags[1:]) == {"b": Settled(1, 1), "a": Settled(None, None, [2])}
    assert unacked.settle(tags[:1]) == {"a": Settled(2, 1)}


def test_backoff_doubles_to_its_bound() -> None:
    backoff = Backoff(0.05, 1.0)
    assert [backoff.delay(n) for n in (0, 1, 2, 10, 10**9)] == [0.05, 0.1, 0.2, 1.0, 1.0]


def test_a_cumulative_acknowledgement_never_ends_at_one_given_singly() -> None:
    unacked: Unacked[str] = Unacked(Window())
    first, second, third = (unacked.arrived("c", sequence, 1) for sequence in (1, 2, 3))
    assert unacked.settle([second])["c"].singles == [2]
    settled = unacked.settle([first])["c"]
    assert (settled.through, settled.cumulative, settled.singles) == (2, 1, [])
    assert unacked.settle([third])["c"].through == 3
