"""What relayers are told, and what the proofs prove."""

from collections.abc import Awaitable, Coroutine
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.types import Channel, ChannelState
from corda_sim.ibc.errors import BridgeHostUnknown, ErrInvalidProof, FeatureLater
from corda_sim.ibc.host import paths
from corda_sim.ibc.lightclients.corda.outputs import decode_output, head_of
from corda_sim.ibc.lightclients.corda.types import ClientState, Entry, TearOff
from corda_sim.ibc.lightclients.corda.verification import verify_tear_off
from corda_sim.ibc.lightclients.lcp.types import ClientState as LcpClientState
from corda_sim.ibc.queries import TransactionEvents
from corda_sim.rpc import bridge_operations as operations
from corda_sim.testing.mock_network import MockNetwork
from flows.ibc.service import BridgeService
from tests.unit.flows.ibc.host_side import CHAIN_ID, HostBridge, opened_bridge
from tests.unit.ibc.chain import PORT
from tests.unit.ibc.enclave import MRENCLAVE

CHANNEL = paths.channel(PORT, "channel-0")


@pytest.fixture(scope="module")
def bridge(module_network: MockNetwork) -> HostBridge:
    opened = opened_bridge(module_network)
    opened.send_from_host(b"hello")
    return opened


@pytest.fixture(scope="module")
def service(bridge: HostBridge) -> BridgeService:
    return bridge.host.service


@pytest.fixture(scope="module")
def trusted(service: BridgeService) -> ClientState:
    return service.host(None).client_state


def told(service: BridgeService, since: str = "", limit: int = 100) -> list[TransactionEvents]:
    return list(service.events(None, since, limit)[1])


# --- host and values ---


def test_the_host(service: BridgeService, bridge: HostBridge) -> None:
    info = service.host(bridge.host.base_id)
    network = bridge.host.network
    assert info == service.host(None)
    assert (info.chain_id, info.mrenclave) == (CHAIN_ID, MRENCLAVE)
    assert info.client_state.notary_key == network.notary_party.owning_key.encoded
    keys = (network.party_of("Validator").owning_key.encoded,)
    assert (info.client_state.validator_keys, info.client_state.threshold) == (keys, 1)
    assert dict(info.ports) == {"cross": "cross", "cross-auth": "cross-auth", PORT: "nop"}
    assert info.height == max(one.height for one in told(service))


def test_another_host_is_unknown(service: BridgeService) -> None:
    elsewhere = StateRef(SecureHash.sha256(b"elsewhere"), 0)
    for ask in (
        lambda: service.host(elsewhere),
        lambda: service.value(elsewhere, CHANNEL),
        lambda: service.paths(elsewhere, ""),
        lambda: service.header(elsewhere, 0),
        lambda: service.events(elsewhere, "", 1),
    ):
        with pytest.raises(BridgeHostUnknown):
            ask()


def test_values_and_paths(service: BridgeService) -> None:
    found = service.value(None, CHANNEL)
    assert found is not None
    assert Channel.decode(found.value).state is ChannelState.OPEN
    assert service.paths(None, "channelEnds/") == (CHANNEL,)
    assert service.paths(None, "clients/lcp-client-0/enclaveKeys/")
    assert service.value(None, paths.connection("connection-9")) is None
    assert service.value(None, "clients/lcp-client-0/nothing") is None
    every = service.paths(None, "")
    assert set(every) >= {CHANNEL, paths.connection("connection-0"), "nextClientSequence"}
    assert not [path for path in every if path.endswith("/sequences/2")]


def test_absence_is_for_later(service: BridgeService) -> None:
    ticket = paths.packet_commitment(PORT, "channel-0", 2)
    with pytest.raises(FeatureLater, match="absence"):
        service.value(None, ticket)


# --- proofs ---


def test_a_proof_shows_one_output_and_nothing_else(
    service: BridgeService, trusted: ClientState
) -> None:
    path = paths.packet_commitment(PORT, "channel-0", 1)
    found = service.value(None, path)
    assert found is not None
    tear_off = TearOff.decode_strict(found.tear_off)
    proven = verify_tear_off(tear_off, trusted)
    assert proven.entries == (Entry(path, found.value),)
    assert proven.moment.height.revision_height == found.height
    shown = {group.index: group.components for group in tear_off.groups}
    assert set(shown) == {1, 4, 5}
    assert [len(components) for components in shown.values()] == [1, 1, 1]
    assert head_of(decode_output(shown[1][0])).base_id == trusted.base_id


def test_a_proof_convinces_no_client_of_others(
    service: BridgeService, trusted: ClientState
) -> None:
    found = service.value(None, CHANNEL)
    assert found is not None
    others = (
        replace(trusted, notary_key=trusted.validator_keys[0]),
        replace(trusted, validator_keys=(trusted.notary_key,)),
        replace(trusted, base_id=replace(trusted.base_id, index=1)),
    )
    for other in others:
        with pytest.raises(ErrInvalidProof):
            verify_tear_off(TearOff.decode(found.tear_off), other)


def test_a_proof_without_a_signature(service: BridgeService, trusted: ClientState) -> None:
    found = service.value(None, CHANNEL)
    assert found is not None
    tear_off = TearOff.decode(found.tear_off)
    for place in range(2):
        kept = tear_off.signatures[:place] + tear_off.signatures[place + 1 :]
        with pytest.raises(ErrInvalidProof, match=r"hasn't signed|have signed"):
            verify_tear_off(replace(tear_off, signatures=kept), trusted)


# --- headers ---


def test_the_earliest_header_from_a_height_on(service: BridgeService) -> None:
    heights = sorted({one.height for one in told(service)})
    for before, after in pairwise(heights):
        exact, next_ = service.header(None, after), service.header(None, before + 1)
        assert exact == next_
        assert exact is not None
        assert exact.height == after
    first = service.header(None, 0)
    assert first is not None
    assert first.height == heights[0]
    assert service.header(None, heights[-1] + 1) is None


def test_each_header_is_good(service: BridgeService, trusted: ClientState) -> None:
    for height in {one.height for one in told(service)}:
        header = service.header(None, height)
        assert header is not None
        moment = verify_tear_off(TearOff.decode(header.tear_off), trusted).moment
        assert moment.height.revision_height == height


# --- events ---


def test_events_in_order(service: BridgeService) -> None:
    kinds = [event.type for one in told(service) for event in one.events]
    wanted = [
        "create_client",
        "update_client",
        "connection_open_init",
        "connection_open_ack",
        "channel_open_init",
        "channel_open_ack",
        "mint_tickets",
        "send_packet",
    ]
    assert [kind for kind in dict.fromkeys(kinds) if kind in wanted] == wanted
    (sent,) = (e for one in told(service) for e in one.events if e.type == "send_packet")
    assert sent["packet_data_hex"] == b"hello".hex()


def test_the_host_itself_tells_nothing(service: BridgeService) -> None:
    first = told(service)[0]
    assert first.events == ()
    assert first.height > 0


def test_cursors(service: BridgeService) -> None:
    everything = told(service)
    cursor, collected = "", list[TransactionEvents]()
    while True:
        cursor, page = service.events(None, cursor, 3)
        if not page:
            break
        collected.extend(page)
    assert collected == everything
    assert service.events(None, cursor, 3) == (cursor, ())
    height = everything[4].height
    later = told(service, f"@{height}")
    assert later == everything[4:]
    assert told(service, f"@{everything[-1].height + 1}") == []
    assert told(service, "100000") == []


@pytest.mark.parametrize("since", ["x", "-1", "@", "@x", "1.5"])
def test_what_is_no_cursor(service: BridgeService, since: str) -> None:
    with pytest.raises(IllegalArgumentError, match="no cursor"):
        service.events(None, since, 1)


def test_every_node_of_the_host_tells_the_same(bridge: HostBridge, service: BridgeService) -> None:
    for name in ("PartyB", "Validator"):
        other = bridge.host.network[name].hub.cordapp_service(BridgeService)
        assert told(other) == told(service)
        assert other.paths(None, "") == service.paths(None, "")


def test_after_a_restart_all_is_told_again(bridge: HostBridge, service: BridgeService) -> None:
    before = told(service)
    node = bridge.host.network["PartyB"]
    node.restart()
    again = node.hub.cordapp_service(BridgeService)
    assert {one.transaction for one in told(again)} == {one.transaction for one in before}
    assert again.host(None) == service.host(None)


# --- as JSON, by RPC ---


def finished(answer: "Awaitable[Any]") -> Any:  # noqa: ANN401 - JSON
    """The result of an operation that has nothing to wait for."""
    assert isinstance(answer, Coroutine)
    with pytest.raises(StopIteration) as done:
        answer.send(None)
    return done.value.value


def test_operations_speak_hexadecimal(bridge: HostBridge, service: BridgeService) -> None:
    node: Any = SimpleNamespace(hub=bridge.host.node.hub, room=bridge.host.node.room)
    host = operations.ibc_host(node, operations.OfHost())
    base_id = bridge.host.base_id
    assert host["base_id"] == {"txhash": base_id.txhash.hex(), "index": base_id.index}
    assert host["height"] == service.host(None).height
    named = operations.AtPath(path=paths.client_state("lcp-client-0"), host=str(base_id))
    asked = operations.ibc_query(node, named)
    packed = AnyMessage.decode(bytes.fromhex(asked["value"]))
    assert packed.unpack(LcpClientState).mrenclave == MRENCLAVE
    assert TearOff.decode(bytes.fromhex(asked["tear_off"])).signatures
    nothing = operations.ibc_query(node, operations.AtPath(path="connections/connection-9"))
    assert nothing == {"value": None, "tear_off": "", "height": 0}
    assert operations.ibc_paths(node, operations.UnderPrefix(prefix="channelEnds/")) == [CHANNEL]
    header = operations.ibc_header(node, operations.FromHeight(height=host["height"]))
    assert header["height"] == host["height"]
    none = operations.ibc_header(node, operations.FromHeight(height=host["height"] + 1))
    assert none == {"tear_off": "", "height": 0}


def test_the_events_operation(bridge: HostBridge) -> None:
    node: Any = SimpleNamespace(hub=bridge.host.node.hub, room=bridge.host.node.room)
    answer = finished(operations.ibc_events(node, operations.SinceCursor()))
    sent = [one for one in answer["events"] if one["type"] == "send_packet"]
    assert sent[0]["attributes"]["packet_sequence"] == "1"
    assert sent[0]["height"] > 0
    rest = operations.SinceCursor(since=answer["cursor"])
    assert finished(operations.ibc_events(node, rest)) == {"cursor": answer["cursor"], "events": []}
