"""ICS-24 (24-host/validate_test.go, 02-client/types/keys_test.go)."""

from collections.abc import Callable

import pytest

from corda_sim.ibc.client.height import Height
from corda_sim.ibc.errors import ErrInvalidClientType, ErrInvalidHeight, ErrInvalidID
from corda_sim.ibc.host import identifiers, paths


@pytest.mark.parametrize(
    ("check", "identifier"),
    [
        (identifiers.validate_client_id, "a" * 9),
        (identifiers.validate_client_id, "lcp-client-0"),
        (identifiers.validate_client_id, "x" * 64),
        (identifiers.validate_connection_id, "connection"),
        (identifiers.validate_channel_id, "channel1"),
        (identifiers.validate_port_id, "ab"),
        (identifiers.validate_port_id, "._+-#[]<>1234"),
        (identifiers.validate_port_id, "p" * 128),
    ],
)
def test_default_identifier_validator_accepts(
    check: Callable[[str], None], identifier: str
) -> None:
    check(identifier)


@pytest.mark.parametrize(
    ("check", "identifier"),
    [
        (identifiers.validate_client_id, "a" * 8),
        (identifiers.validate_client_id, "x" * 65),
        (identifiers.validate_client_id, "client/identifier"),
        (identifiers.validate_client_id, "(clientid)"),
        (identifiers.validate_client_id, "client id"),
        (identifiers.validate_client_id, ""),
        (identifiers.validate_client_id, " " * 12),
        (identifiers.validate_client_id, "cliéntid1"),
        (identifiers.validate_client_id, "clientid1\n"),
        (identifiers.validate_connection_id, "connectio"),
        (identifiers.validate_channel_id, "channel"),
        (identifiers.validate_port_id, "p"),
        (identifiers.validate_port_id, "p" * 129),
    ],
)
def test_default_identifier_validator_refuses(
    check: Callable[[str], None], identifier: str
) -> None:
    with pytest.raises(ErrInvalidID):
        check(identifier)


@pytest.mark.parametrize(("text", "number"), [("connection-0", 0), ("connection-184467", 184467)])
def test_parse_identifier(text: str, number: int) -> None:
    assert identifiers.parse_sequence(text, "connection-") == number


@pytest.mark.parametrize(
    "text",
    [
        "connection-",
        "connection0",
        "connection-01",
        "connection--1",
        "connection-+1",
        "connection-1a",
        "channel-1",
        f"connection-{2**64}",
        "connection-٣",
    ],
)
def test_parse_identifier_refuses(text: str) -> None:
    with pytest.raises(ErrInvalidID):
        identifiers.parse_sequence(text, "connection-")


def test_largest_sequence_parses() -> None:
    assert identifiers.parse_sequence(f"channel-{2**64 - 1}", "channel-") == 2**64 - 1


@pytest.mark.parametrize("client_type", ["lcp-client", "hb-qbft", "corda", "tendermint"])
def test_client_types(client_type: str) -> None:
    if client_type == "corda":
        with pytest.raises(ErrInvalidClientType):
            identifiers.validate_client_type(client_type)
        return
    identifiers.validate_client_type(client_type)
    assert identifiers.client_type_of(identifiers.client_id(client_type, 12)) == client_type


@pytest.mark.parametrize(
    "client_type", ["", "a", "-lcp", "lcp-", "LCP-client", "lcp client", "x" * 60]
)
def test_client_types_refused(client_type: str) -> None:
    with pytest.raises(ErrInvalidClientType):
        identifiers.validate_client_type(client_type)


@pytest.mark.parametrize("client_id", ["lcpclient", "-0", "lcp-client-", "lcp-client-x", " -1"])
def test_client_ids_without_type_or_number(client_id: str) -> None:
    with pytest.raises(ErrInvalidID):
        identifiers.client_type_of(client_id)


def test_paths_are_ibc_gos() -> None:
    height = Height(1, 20)
    assert paths.client_state("c-0") == "clients/c-0/clientState"
    assert paths.consensus_state("c-0", height) == "clients/c-0/consensusStates/1-20"
    assert paths.connection("connection-3") == "connections/connection-3"
    assert paths.channel("p", "channel-1") == "channelEnds/ports/p/channels/channel-1"
    assert paths.next_sequence_send("p", "ch") == "nextSequenceSend/ports/p/channels/ch"
    assert paths.next_sequence_recv("p", "ch") == "nextSequenceRecv/ports/p/channels/ch"
    assert paths.next_sequence_ack("p", "ch") == "nextSequenceAck/ports/p/channels/ch"
    assert paths.packet_commitment("p", "ch", 7) == "commitments/ports/p/channels/ch/sequences/7"
    assert paths.packet_acknowledgement("p", "ch", 7) == "acks/ports/p/channels/ch/sequences/7"
    assert paths.packet_receipt("p", "ch", 7) == "receipts/ports/p/channels/ch/sequences/7"


@pytest.mark.parametrize(
    ("left", "right", "order"),
    [
        (Height(0, 1), Height(3, 4), -1),
        (Height(3, 4), Height(0, 5), 1),
        (Height(3, 4), Height(3, 5), -1),
        (Height(3, 5), Height(3, 4), 1),
        (Height(2, 9), Height(2, 9), 0),
    ],
)
def test_compare_heights(left: Height, right: Height, order: int) -> None:
    assert (left > right) - (left < right) == order


def test_height_text() -> None:
    assert str(Height(2, 7)) == "2-7"
    assert Height.parse("2-7") == Height(2, 7)
    assert Height().is_zero
    assert not Height(1, 0).is_zero


@pytest.mark.parametrize(
    "text", ["", "1", "1-", "-1", "1-2-3", "01-2", "a-b", f"0-{2**64}", "1-2\n"]
)
def test_height_text_refused(text: str) -> None:
    with pytest.raises(ErrInvalidHeight):
        Height.parse(text)
