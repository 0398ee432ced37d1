"""What the bridge's transactions cost: no more than with the original contracts."""

import pytest

from bench import gas
from bench.gas import GasFigures

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def figures() -> GasFigures:
    return gas.run()


def test_an_update_costs_no_more_than_the_originals(figures: GasFigures) -> None:
    assert figures.update_client <= 205_000


def test_a_packet_costs_no_more_than_the_originals(figures: GasFigures) -> None:
    assert figures.receive_packet <= figures.receive_packet_first <= 221_000


def test_a_call_costs_what_the_note_of_its_transaction_adds(figures: GasFigures) -> None:
    """The originals run a transaction again that comes in another packet; ours notes its id."""
    note, counter = 22_100, 5_000
    assert figures.receive_call <= 222_000 + note + counter
