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


def test_a_call_costs_what_note_and_list_add(figures: GasFigures) -> None:
    """The originals run a transaction again that comes in another packet, by whatever client.

    Ours notes its id, and looks up the channel's client and whether that is listed.
    """
    note, listed, counter = 22_100, 7_000, 5_000
    assert figures.receive_call <= 222_000 + note + listed + counter
