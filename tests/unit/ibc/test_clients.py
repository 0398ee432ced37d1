"""ICS-02: creating, updating and relying on clients (02-client/keeper/client_test.go)."""

from dataclasses import replace

import pytest

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client import keeper
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.light_client import Proof
from corda_sim.ibc.client.types import MsgCreateClient, MsgUpdateClient
from corda_sim.ibc.errors import (
    ErrClientFrozen,
    ErrClientNotActive,
    ErrClientNotFound,
    ErrClientTypeNotFound,
    ErrConsensusStateNotFound,
    ErrInvalidClientType,
    ErrInvalidConsensus,
    ErrInvalidID,
    FeatureLater,
)
from corda_sim.ibc.host import paths
from corda_sim.ibc.numbers import read_number
from tests.unit.ibc.chain import (
    Chain,
    MockClient,
    MockClientState,
    MockConsensusState,
    MockHeader,
)

Pair = tuple[Chain, Chain]
STATES = (AnyMessage.pack(MockClientState("X")), AnyMessage.pack(MockConsensusState(5)))


def test_create_counts_clients(clients: Pair) -> None:
    a, _ = clients
    ids = [a.deliver(MsgCreateClient(*STATES)).value for _ in range(2)]
    assert ids == ["mock-client-1", "mock-client-2"]
    assert read_number(a.store, paths.NEXT_CLIENT_SEQUENCE) == 3


def test_create_event(clients: Pair) -> None:
    a, _ = clients
    a.deliver(MsgCreateClient(*STATES))
    assert a.events[-1].type == "create_client"
    assert a.events[-1].attributes == (
        ("client_id", "mock-client-1"),
        ("client_type", "mock-client"),
        ("consensus_height", "0-1"),
    )


def test_create_of_an_unknown_type(clients: Pair) -> None:
    a, _ = clients
    with pytest.raises(ErrClientTypeNotFound):
        a.deliver(
            MsgCreateClient(AnyMessage("/ibc.lightclients.solomachine.v3.ClientState"), STATES[1])
        )


def test_create_of_a_badly_named_type(clients: Pair) -> None:
    a, _ = clients

    class Misnamed(MockClient):
        client_type = "Mock Client"

    ctx = replace(a.context, clients=[Misnamed()])
    with pytest.raises(ErrInvalidClientType):
        keeper.create_client(ctx, MsgCreateClient(*STATES))


def test_update_stores_and_tells(clients: Pair) -> None:
    a, b = clients
    height = b.advance()
    store = ClientStore(a.store, a.client_id)
    assert store.latest_height == height
    assert keeper.timestamp_at(a.context, a.client_id, height) == b.time
    assert a.events[-1].type == "update_client"
    assert a.events[-1]["consensus_heights"] == str(height)


def test_update_notes_when(clients: Pair) -> None:
    a, b = clients
    height = b.advance()
    noted = read_number(a.store, paths.processed_time(a.client_id, height))
    assert noted == a.time


def test_update_client_not_found(clients: Pair) -> None:
    a, _ = clients
    header = AnyMessage.pack(MockHeader(Height(0, 9), 9))
    with pytest.raises(ErrClientNotFound):
        a.deliver(MsgUpdateClient("mock-client-7", header))
    with pytest.raises(ErrInvalidID):
        a.deliver(MsgUpdateClient("x", header))


def test_misbehaviour_freezes_and_nothing_more_is_accepted(clients: Pair) -> None:
    a, _ = clients
    bad = AnyMessage.pack(MockHeader(Height(), 0, freeze=True))
    a.deliver(MsgUpdateClient(a.client_id, bad))
    assert a.events[-1].type == "client_misbehaviour"
    with pytest.raises(ErrClientFrozen):
        a.deliver(MsgUpdateClient(a.client_id, AnyMessage.pack(MockHeader(Height(0, 9999), 1))))
    with pytest.raises(ErrClientFrozen):
        keeper.require_active(a.context, a.client_id)


def test_client_of_another_type_under_this_name(clients: Pair) -> None:
    a, _ = clients
    ClientStore(a.store, "other-client-0").client_state = STATES[0]
    with pytest.raises(ErrInvalidClientType):
        keeper.client_of(a.context, "other-client-0")


def test_membership_needs_an_active_client(clients: Pair) -> None:
    a, _ = clients
    a.set_client(expired=True)
    proof = Proof(Height(0, 1), b"ibc", b"x")
    with pytest.raises(ErrClientNotActive):
        keeper.verify_membership(a.context, a.client_id, proof, "p", b"v")
    with pytest.raises(ErrClientNotActive):
        keeper.verify_non_membership(a.context, a.client_id, proof, "p")


def test_timestamp_of_an_unknown_height(clients: Pair) -> None:
    a, _ = clients
    with pytest.raises(ErrConsensusStateNotFound):
        keeper.timestamp_at(a.context, a.client_id, Height(0, 4))


def test_set_consensus_state_once(clients: Pair) -> None:
    a, _ = clients
    store = ClientStore(a.store, a.client_id)
    height = Height(3, 4)
    assert keeper.set_consensus_state(store, height, STATES[1])
    assert not keeper.set_consensus_state(store, height, STATES[1])
    with pytest.raises(ErrInvalidConsensus):
        keeper.set_consensus_state(store, height, AnyMessage.pack(MockConsensusState(6)))


def test_heights_are_sorted_as_heights(clients: Pair) -> None:
    a, _ = clients
    store = ClientStore(a.store, "fresh-client-0")
    assert store.latest_height == Height()
    for height in (Height(1, 1), Height(0, 100), Height(0, 20)):
        store.set_consensus_state(height, STATES[1])
    assert store.heights() == (Height(0, 20), Height(0, 100), Height(1, 1))


def test_client_keeps_values_of_its_own(clients: Pair) -> None:
    a, _ = clients
    store = ClientStore(a.store, a.client_id)
    store.set("keys/1", b"v")
    assert store.get("keys/1") == b"v"
    assert a.store.get(f"clients/{a.client_id}/keys/1") == b"v"


def test_messages_that_arent_known_are_later(clients: Pair) -> None:
    a, _ = clients
    with pytest.raises(FeatureLater):
        a.deliver(MockHeader(Height(), 0))
