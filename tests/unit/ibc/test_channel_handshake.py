"""ibc-go's named cases of channel handshakes (04-channel/keeper/handshake_test.go)."""

from dataclasses import replace

import pytest

from corda_sim.ibc.channel.types import Channel, ChannelCounterparty, ChannelState, Order
from corda_sim.ibc.connection.types import ConnectionState, Version
from corda_sim.ibc.connection.versions import COMPATIBLE_VERSIONS
from corda_sim.ibc.errors import (
    ErrChannelNotFound,
    ErrClientNotActive,
    ErrConnectionNotFound,
    ErrFailedChannelStateVerification,
    ErrInvalidChannel,
    ErrInvalidChannelIdentifier,
    ErrInvalidChannelOrdering,
    ErrInvalidChannelState,
    ErrInvalidConnectionState,
    ErrInvalidCounterparty,
    ErrInvalidID,
    ErrInvalidPort,
    ErrInvalidProof,
    ErrInvalidVersion,
    ErrTooManyConnectionHops,
    FeatureLater,
    IbcError,
)
from corda_sim.ibc.host import paths
from corda_sim.ibc.numbers import read_number
from tests.unit.ibc.chain import PORT, Chain, RefusedByModuleError

Pair = tuple[Chain, Chain]


def initialised(pair: Pair) -> Pair:
    a, b = pair
    a.channel_id = a.deliver(a.msg_chan_init()).value[0]  # type: ignore[index]
    return a, b


def tried(pair: Pair) -> Pair:
    a, b = initialised(pair)
    b.channel_id = b.deliver(b.msg_chan_try()).value[0]  # type: ignore[index]
    return a, b


def acked(pair: Pair) -> Pair:
    a, b = tried(pair)
    a.deliver(a.msg_chan_ack())
    return a, b


# --- OpenInit ---


def test_init_success(connected: Pair) -> None:
    a, _ = initialised(connected)
    assert a.channel == Channel(
        ChannelState.INIT,
        Order.UNORDERED,
        ChannelCounterparty(PORT, ""),
        (a.connection_id,),
        "mock-1",
    )
    for path in (paths.next_sequence_send, paths.next_sequence_recv, paths.next_sequence_ack):
        assert read_number(a.store, path(PORT, a.channel_id)) == 1
    assert a.module.calls == [("open_init", PORT, "channel-0")]


def test_init_event(connected: Pair) -> None:
    a, _ = initialised(connected)
    assert a.events[-1].type == "channel_open_init"
    assert a.events[-1].attributes == (
        ("port_id", PORT),
        ("channel_id", "channel-0"),
        ("counterparty_port_id", PORT),
        ("counterparty_channel_id", ""),
        ("connection_id", "connection-0"),
        ("version", "mock-1"),
    )


def test_init_module_chooses_the_version(connected: Pair) -> None:
    a, _ = connected
    a.module.version = "mock-2"
    assert a.deliver(a.msg_chan_init()).value == ("channel-0", "mock-2")


def test_init_on_a_connection_that_isnt_open_yet(clients: Pair) -> None:
    a, _ = clients
    few = Version("1", ("ORDER_UNORDERED",))
    a.connection_id = str(a.deliver(replace(a.msg_conn_init(), version=few)).value)
    assert a.deliver(a.msg_chan_init()).value == ("channel-0", "mock-1")


def test_init_connection_doesnt_exist(connected: Pair) -> None:
    a, _ = connected
    with pytest.raises(ErrConnectionNotFound):
        a.deliver(a.msg_chan_init(connection_hops=("connection-8",)))


def test_init_connection_version_not_negotiated(connected: Pair) -> None:
    a, _ = connected
    a.set_connection(versions=(*COMPATIBLE_VERSIONS, Version("2", ("ORDER_UNORDERED",))))
    with pytest.raises(ErrInvalidVersion):
        a.deliver(a.msg_chan_init())


def test_init_connection_does_not_support_ordered_channels(connected: Pair) -> None:
    a, _ = connected
    a.set_connection(versions=(Version("1", ("ORDER_UNORDERED",)),))
    with pytest.raises(ErrInvalidVersion):
        a.deliver(a.msg_chan_init(ordering=Order.ORDERED))


def test_init_refuses_ordered_channels(connected: Pair) -> None:
    a, _ = connected
    with pytest.raises(FeatureLater):
        a.deliver(a.msg_chan_init(ordering=Order.ORDERED))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"state": ChannelState.TRYOPEN}, ErrInvalidChannelState),
        ({"ordering": Order.NONE}, ErrInvalidChannelOrdering),
        ({"connection_hops": ()}, ErrTooManyConnectionHops),
        ({"connection_hops": ("connection-0", "connection-1")}, ErrTooManyConnectionHops),
        ({"connection_hops": ("short",)}, ErrInvalidID),
        ({"counterparty": ChannelCounterparty("", "")}, ErrInvalidID),
        ({"counterparty": ChannelCounterparty(PORT, "channel-0")}, ErrInvalidCounterparty),
        ({"upgrade_sequence": 1}, ErrInvalidChannel),
    ],
)
def test_init_malformed(connected: Pair, changes: dict[str, object], error: type[IbcError]) -> None:
    a, _ = connected
    with pytest.raises(error):
        a.deliver(a.msg_chan_init(**changes))


def test_init_port_not_bound(connected: Pair) -> None:
    a, _ = connected
    with pytest.raises(ErrInvalidPort):
        a.deliver(replace(a.msg_chan_init(), port_id="nobody"))


def test_init_client_is_not_active(connected: Pair) -> None:
    a, _ = connected
    a.set_client(expired=True)
    with pytest.raises(ErrClientNotActive):
        a.deliver(a.msg_chan_init())


def test_init_module_refuses(connected: Pair) -> None:
    a, _ = connected
    a.module.refuse.add("open_init")
    before = dict(a.store.values)
    with pytest.raises(RefusedByModuleError):
        a.deliver(a.msg_chan_init())
    assert a.store.values == before


# --- OpenTry ---


def test_try_success(connected: Pair) -> None:
    a, b = tried(connected)
    assert b.channel.state is ChannelState.TRYOPEN
    assert b.channel.counterparty == ChannelCounterparty(PORT, a.channel_id)
    assert b.channel.version == "mock-1"
    assert b.events[-1].type == "channel_open_try"


def test_try_connection_is_not_open(connected: Pair) -> None:
    _, b = initialised(connected)
    msg = b.msg_chan_try()
    b.set_connection(state=ConnectionState.TRYOPEN)
    with pytest.raises(ErrInvalidConnectionState):
        b.deliver(msg)


def test_try_channel_verification_failed(connected: Pair) -> None:
    _, b = initialised(connected)
    msg = b.msg_chan_try()
    for wrong in (
        replace(msg, counterparty_version="mock-9"),
        replace(msg, proof_init=b"another"),
        replace(
            msg, channel=replace(msg.channel, counterparty=ChannelCounterparty(PORT, "channel-5"))
        ),
    ):
        with pytest.raises(ErrFailedChannelStateVerification):
            b.deliver(wrong)


def test_try_of_a_channel_that_is_open_there(opened: Pair) -> None:
    _, b = opened
    with pytest.raises(ErrFailedChannelStateVerification):
        b.deliver(b.msg_chan_try())


def test_try_refuses_a_previous_channel(connected: Pair) -> None:
    _, b = initialised(connected)
    with pytest.raises(ErrInvalidChannelIdentifier):
        b.deliver(replace(b.msg_chan_try(), previous_channel_id="channel-0"))


def test_try_ordered_is_later_and_wrong_state_is_refused(connected: Pair) -> None:
    _, b = initialised(connected)
    with pytest.raises(FeatureLater):
        b.deliver(b.msg_chan_try(ordering=Order.ORDERED))
    with pytest.raises(ErrInvalidChannelState):
        b.deliver(b.msg_chan_try(state=ChannelState.INIT))


def test_try_connection_version_not_negotiated(connected: Pair) -> None:
    _, b = initialised(connected)
    msg = b.msg_chan_try()
    b.set_connection(versions=())
    with pytest.raises(ErrInvalidVersion):
        b.deliver(msg)


def test_try_wants_a_proof(connected: Pair) -> None:
    _, b = initialised(connected)
    with pytest.raises(ErrInvalidProof):
        b.deliver(replace(b.msg_chan_try(), proof_init=b""))


# --- OpenAck ---


def test_ack_success_with_empty_stored_counterparty_channel_id(connected: Pair) -> None:
    a, b = tried(connected)
    assert a.channel.counterparty.channel_id == ""
    a.deliver(a.msg_chan_ack())
    assert a.channel.state is ChannelState.OPEN
    assert a.channel.counterparty.channel_id == b.channel_id


def test_ack_adopts_the_counterparty_version(connected: Pair) -> None:
    a, b = initialised(connected)
    b.module.version = "mock-7"
    b.channel_id = b.deliver(b.msg_chan_try()).value[0]  # type: ignore[index]
    a.deliver(a.msg_chan_ack())
    assert a.channel.version == "mock-7"
    assert ("open_ack", PORT, a.channel_id, "mock-7") in a.module.calls


def test_ack_channel_doesnt_exist(connected: Pair) -> None:
    a, _ = tried(connected)
    with pytest.raises(ErrChannelNotFound):
        a.deliver(replace(a.msg_chan_ack(), channel_id="channel-4"))


def test_ack_channel_state_is_not_init(opened: Pair) -> None:
    a, _ = opened
    with pytest.raises(ErrInvalidChannelState):
        a.deliver(a.msg_chan_ack())


def test_ack_connection_is_not_open(connected: Pair) -> None:
    a, _ = tried(connected)
    msg = a.msg_chan_ack()
    a.set_connection(state=ConnectionState.INIT)
    with pytest.raises(ErrInvalidConnectionState):
        a.deliver(msg)


def test_ack_invalid_counterparty_channel_identifier(connected: Pair) -> None:
    a, _ = tried(connected)
    with pytest.raises(ErrInvalidID):
        a.deliver(replace(a.msg_chan_ack(), counterparty_channel_id="chan"))
    with pytest.raises(ErrFailedChannelStateVerification):
        a.deliver(replace(a.msg_chan_ack(), counterparty_channel_id="channel-12"))


def test_ack_channel_verification_failed(connected: Pair) -> None:
    a, _ = tried(connected)
    with pytest.raises(ErrFailedChannelStateVerification):
        a.deliver(replace(a.msg_chan_ack(), counterparty_version="mock-9"))


def test_ack_wants_an_identifier_of_ours_and_a_proof(connected: Pair) -> None:
    a, _ = tried(connected)
    with pytest.raises(ErrInvalidChannelIdentifier):
        a.deliver(replace(a.msg_chan_ack(), channel_id="channel-01"))
    with pytest.raises(ErrInvalidProof):
        a.deliver(replace(a.msg_chan_ack(), proof_try=b""))


# --- OpenConfirm ---


def test_confirm_success(opened: Pair) -> None:
    a, b = opened
    assert (a.channel.state, b.channel.state) == (ChannelState.OPEN, ChannelState.OPEN)
    assert b.module.calls[-1] == ("open_confirm", PORT, b.channel_id)
    assert b.events[-1].type == "channel_open_confirm"


def test_confirm_channel_state_is_not_tryopen(opened: Pair) -> None:
    _, b = opened
    with pytest.raises(ErrInvalidChannelState):
        b.deliver(b.msg_chan_confirm())


def test_confirm_channel_verification_failed(connected: Pair) -> None:
    _, b = tried(connected)
    with pytest.raises(ErrFailedChannelStateVerification):
        b.deliver(b.msg_chan_confirm())


def test_confirm_refused_without_proof_connection_or_module(connected: Pair) -> None:
    _, b = acked(connected)
    with pytest.raises(ErrInvalidProof):
        b.deliver(replace(b.msg_chan_confirm(), proof_ack=b""))
    b.module.refuse.add("open_confirm")
    with pytest.raises(RefusedByModuleError):
        b.deliver(b.msg_chan_confirm())
    msg = b.msg_chan_confirm()
    b.set_client(frozen=True)
    with pytest.raises(ErrClientNotActive):
        b.deliver(msg)
    assert b.channel.state is ChannelState.TRYOPEN


# --- CloseInit and CloseConfirm ---


def test_close_init_success(opened: Pair) -> None:
    a, _ = opened
    a.deliver(a.msg_close_init())
    assert a.channel.state is ChannelState.CLOSED
    assert a.module.calls[-1] == ("close_init", PORT, a.channel_id)
    assert a.events[-1].type == "channel_close_init"


def test_close_init_channel_state_is_closed(opened: Pair) -> None:
    a, _ = opened
    a.set_channel(state=ChannelState.CLOSED)
    with pytest.raises(ErrInvalidChannelState):
        a.deliver(a.msg_close_init())


def test_close_init_needs_connection_client_and_module(opened: Pair) -> None:
    a, _ = opened
    a.module.refuse.add("close_init")
    with pytest.raises(RefusedByModuleError):
        a.deliver(a.msg_close_init())
    a.set_client(frozen=True)
    with pytest.raises(ErrClientNotActive):
        a.deliver(a.msg_close_init())
    a.set_connection(state=ConnectionState.INIT)
    with pytest.raises(ErrInvalidConnectionState):
        a.deliver(a.msg_close_init())
    assert a.channel.state is ChannelState.OPEN


def test_close_confirm_success(opened: Pair) -> None:
    a, b = opened
    a.deliver(a.msg_close_init())
    b.deliver(b.msg_close_confirm())
    assert b.channel.state is ChannelState.CLOSED
    assert b.events[-1].type == "channel_close_confirm"
    with pytest.raises(ErrInvalidChannelState):
        b.deliver(b.msg_close_confirm())


def test_close_confirm_channel_verification_failed(opened: Pair) -> None:
    _, b = opened
    with pytest.raises(ErrFailedChannelStateVerification):
        b.deliver(b.msg_close_confirm())


def test_close_confirm_wants_a_proof(opened: Pair) -> None:
    a, b = opened
    a.deliver(a.msg_close_init())
    with pytest.raises(ErrInvalidProof):
        b.deliver(replace(b.msg_close_confirm(), proof_init=b""))
