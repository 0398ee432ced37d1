"""Tickets are minted ahead, and the more at once the more packets there were."""

from flows.ibc.plan import BATCH
from flows.ibc.refill import EVERY, due_at
from states.ibc.tickets import MAX_BATCH

PACKETS = 10_000


def test_no_packet_finds_fewer_than_half_a_batch_ahead() -> None:
    minted = BATCH
    for sequence in range(1, PACKETS + 1):
        assert minted - sequence >= EVERY, sequence
        minted += due_at(sequence)


def test_ten_thousand_packets_mint_twenty_times() -> None:
    due = [number for sequence in range(1, PACKETS + 1) if (number := due_at(sequence))]
    assert len(due) == 20
    assert max(due) <= MAX_BATCH
