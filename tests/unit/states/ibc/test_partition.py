"""Which state holds which path."""

import pytest

from corda_sim.ibc.errors import ErrInvalidHeight, FeatureLater
from corda_sim.ibc.host import paths
from states.ibc.partition import (
    HOST_COUNTERS,
    is_send_counter,
    key_prefix,
    needs_ticket,
    parent_key,
    send_tickets,
    split_key,
    state_key,
)

PLACE = ("cross", "channel-7")
TX = "ab" * 32


@pytest.mark.parametrize(
    "together",
    [
        (
            paths.NEXT_CLIENT_SEQUENCE,
            paths.NEXT_CONNECTION_SEQUENCE,
            paths.NEXT_CHANNEL_SEQUENCE,
        ),
        (paths.client_state("lcp-client-0"), "clients/lcp-client-0/enclaveKeys/abcd"),
        (paths.consensus_state("c-client-0", "0-5"), paths.processed_time("c-client-0", "0-5")),
        (
            paths.next_sequence_send(*PLACE),
            paths.next_sequence_recv(*PLACE),
            paths.next_sequence_ack(*PLACE),
        ),
        (paths.packet_receipt(*PLACE, 3), paths.packet_acknowledgement(*PLACE, 3)),
        tuple(f"cross/{kind}/{TX}" for kind in ("initiated", "auth", "coordinators", "ownCalls")),
    ],
)
def test_paths_that_change_together_are_one_state(together: tuple[str, ...]) -> None:
    assert len({state_key(path) for path in together}) == 1


def test_what_changes_by_itself_is_a_state_of_its_own() -> None:
    every = [
        paths.NEXT_CLIENT_SEQUENCE,
        paths.client_state("lcp-client-0"),
        paths.client_state("lcp-client-1"),
        paths.consensus_state("lcp-client-0", "0-5"),
        paths.consensus_state("lcp-client-0", "0-6"),
        paths.connection("connection-0"),
        paths.channel(*PLACE),
        paths.channel("cross-auth", "channel-7"),
        paths.next_sequence_send(*PLACE),
        paths.packet_commitment(*PLACE, 1),
        paths.packet_commitment(*PLACE, 2),
        paths.packet_receipt(*PLACE, 1),
        f"cross/initiated/{TX}",
        f"cross/servedCalls/cross/channel-7/{TX}",
        f"cross/servedCalls/cross/channel-8/{TX}",
    ]
    assert len({state_key(path) for path in every}) == len(every)


@pytest.mark.parametrize(
    "path", ["", "clients", "connections", "nextSequence", "cross", "cross/contracts/x/values/1"]
)
def test_paths_that_corda_doesnt_hold(path: str) -> None:
    with pytest.raises(FeatureLater):
        state_key(path)


def test_whose_participants_a_new_state_takes() -> None:
    consensus = paths.consensus_state("lcp-client-0", "0-5")
    assert parent_key(consensus) == paths.client_state("lcp-client-0")
    channel = paths.channel(*PLACE)
    for path in (
        paths.next_sequence_send(*PLACE),
        paths.packet_commitment(*PLACE, 1),
        paths.packet_receipt(*PLACE, 1),
    ):
        assert parent_key(state_key(path)) == channel
    for key in (HOST_COUNTERS, channel, paths.connection("connection-0"), f"cross/{TX}"):
        assert parent_key(key) is None


def test_packets_alone_need_tickets() -> None:
    assert needs_ticket(state_key(paths.packet_commitment(*PLACE, 1)))
    assert needs_ticket(state_key(paths.packet_acknowledgement(*PLACE, 1)))
    assert not needs_ticket(state_key(paths.next_sequence_send(*PLACE)))
    assert is_send_counter(paths.next_sequence_send(*PLACE))
    assert not is_send_counter(paths.next_sequence_recv(*PLACE))


def test_numbers_that_tell_like_states_apart() -> None:
    key = paths.packet_commitment(*PLACE, 12)
    assert split_key(key) == (send_tickets(paths.next_sequence_send(*PLACE)), 12)
    consensus = [paths.consensus_state("lcp-client-0", height) for height in ("0-9", "0-10", "1-1")]
    numbers = [split_key(one)[1] for one in consensus]
    assert numbers == sorted(numbers)
    assert split_key(HOST_COUNTERS)[1] == split_key(paths.channel(*PLACE))[1] == 0
    with pytest.raises(ErrInvalidHeight):
        split_key("clients/lcp-client-0/consensusStates/5")


@pytest.mark.parametrize(
    "path",
    [
        paths.NEXT_CLIENT_SEQUENCE,
        paths.client_state("lcp-client-0"),
        paths.processed_time("lcp-client-0", "0-5"),
        paths.channel(*PLACE),
        paths.packet_acknowledgement(*PLACE, 44),
        f"cross/coordinators/{TX}",
    ],
)
def test_a_states_key_is_found_by_any_beginning_of_its_paths(path: str) -> None:
    for end in range(len(path) + 1):
        assert state_key(path).startswith(key_prefix(path[:end]))
