"""Opening a path: from nothing, again, and from wherever an earlier run stopped."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.types import MsgChannelOpenInit, MsgChannelOpenTry
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.types import MsgCreateClient, MsgUpdateClient
from corda_sim.ibc.connection.types import ConnectionState, MsgConnectionOpenAck
from corda_sim.ibc.lightclients.lcp.messages import (
    EmittedState,
    UpdateState,
    decode_message,
    encode_message,
)
from corda_sim.ibc.lightclients.lcp.types import ClientState
from corda_sim.lcp.elc_client import SignedMessage
from corda_sim.relayer.errors import HandshakeException, StateMismatchException
from corda_sim.relayer.handshake.path import find_path, open_path
from corda_sim.relayer.outcomes import Outcome, Verdict
from tests.unit.ibc.qbft_chain import QbftChain, validators
from tests.unit.relayer.bridge import PORTS, World
from tests.unit.relayer.chains import MemoryChain
from tests.unit.relayer.enclave import MemoryProxy

REFUSED = Outcome(Verdict.RETRY, "", "the test says so")


class StoppedError(Exception):
    """The process was killed."""


def test_everything_is_opened_on_both_chains() -> None:
    world = World()
    assert world.open().show() == {
        "corda": {
            "client": "lcp-client-0",
            "connection": "connection-0",
            "channels": {"mock": "channel-0", "mock-auth": "channel-1"},
        },
        "goquorum": {
            "client": "lcp-client-0",
            "connection": "connection-0",
            "channels": {"mock": "channel-0", "mock-auth": "channel-1"},
        },
    }
    for chain in (world.corda, world.quorum):
        (connection,) = chain.connections().values()
        assert connection.state is ConnectionState.OPEN
        assert all(outcome.is_done for _, outcome in chain.delivered)


def test_a_second_run_sends_nothing() -> None:
    world = World()
    first = world.open()
    sent = [len(chain.delivered) for chain in (world.corda, world.quorum)]
    assert world.open().show() == first.show()
    assert [len(chain.delivered) for chain in (world.corda, world.quorum)] == sent
    assert find_path(world.parties(), tuple(PORTS)).show() == first.show()


def stop_after(chain: MemoryChain, steps: int) -> None:
    """Have the process die once the chain has taken so many submissions."""
    submit, taken = chain.submit, []

    def counted(updates: object, messages: object) -> object:
        found = submit(updates, messages)  # type: ignore[arg-type]
        taken.append(messages)
        if len(taken) == steps:
            raise StoppedError
        return found

    chain.submit = counted  # type: ignore[assignment, method-assign]


@pytest.mark.parametrize("steps", range(1, 8))
@pytest.mark.parametrize("name", ["corda", "quorum"])
def test_a_run_goes_on_where_the_last_one_was_killed(name: str, steps: int) -> None:
    world = World()
    chain: MemoryChain = getattr(world, name)
    stop_after(chain, steps)
    with pytest.raises(StoppedError):
        world.open()
    del chain.submit
    world.open()
    for end in (world.corda, world.quorum):
        assert end.count(MsgCreateClient) == 1
        assert len(end.connections()) == 1
        assert [len(end.channels(port)) for port in PORTS] == [1, 1]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("corda", MsgConnectionOpenAck),
        ("quorum", MsgChannelOpenTry),
        ("corda", MsgChannelOpenInit),
        ("quorum", MsgCreateClient),
    ],
)
def test_a_refusal_ends_the_handshake_and_is_told(name: str, kind: type) -> None:
    world = World()
    chain: MemoryChain = getattr(world, name)
    chain.refuses[kind] = REFUSED
    with pytest.raises(HandshakeException, match=f"refused {kind.__name__}: the test says so"):
        world.open()
    chain.refuses.clear()
    assert len(world.open().channels) == 2


def test_nothing_is_relayed_over_what_is_not_open() -> None:
    world = World()
    with pytest.raises(HandshakeException, match="no active client"):
        find_path(world.parties(), tuple(PORTS))
    open_path(world.parties(), {})
    with pytest.raises(HandshakeException, match="no channel is open on port mock"):
        find_path(world.parties(), tuple(PORTS))


def test_a_client_of_another_chain_is_left_alone() -> None:
    """Its terms are the same: only what it holds tells it apart."""
    world = World()
    world.open()
    foreign = World(world.corda)
    foreign.quorum.chain = QbftChain(validators(5, 6, 7, 8))
    assert foreign.open().here.client_id == "lcp-client-1"
    assert world.open().here.client_id == "lcp-client-0"


def test_a_frozen_client_is_replaced() -> None:
    world = World()
    world.open()
    store = ClientStore(world.corda.store, "lcp-client-0")
    state = store.client_state.unpack(ClientState)
    frozen = ClientState(state.mrenclave, state.key_expiration, True, state.latest_height)
    store.client_state = AnyMessage.pack(frozen)
    assert world.open().here.client_id == "lcp-client-1"


def test_an_enclave_that_follows_another_chain_opens_nothing() -> None:
    world = World()
    other = QbftChain(validators(5, 6, 7, 8))
    key = world.proxy.attest().enclave_key_address
    client = AnyMessage.pack(other.client_state(1, period=1000))
    world.proxy.create_client("hb-qbft-0", (client, AnyMessage.pack(other.consensus_state(1))), key)
    with pytest.raises(StateMismatchException, match="hb-qbft-0 follows another chain"):
        world.open()
    assert world.corda.delivered == []


class LyingProxy(MemoryProxy):
    """Changes what the enclave says of a header; its signature is then good for nothing."""

    change: Callable[[UpdateState], UpdateState]

    def update_client(
        self, client_id: str, header: AnyMessage, signer: bytes, *, include_state: bool = False
    ) -> SignedMessage:
        signed = super().update_client(client_id, header, signer, include_state=include_state)
        message = decode_message(signed.message)
        assert isinstance(message, UpdateState)
        return SignedMessage(encode_message(self.change(message)), signed.signature)


def test_an_activation_is_held_against_the_chain_itself() -> None:
    world = World()
    world.proxy = LyingProxy(world.clock)
    world.proxy.change = lambda told: replace(told, post_state_id=b"\1" * 32)
    with pytest.raises(StateMismatchException, match="another state at 0-"):
        world.open()
    assert world.corda.count(MsgUpdateClient) == 0


def test_the_state_that_an_activation_shows_is_read() -> None:
    world = World()
    world.proxy = LyingProxy(world.clock)
    shown = AnyMessage.pack(world.quorum.chain.client_state(1, period=7)).encode()
    world.proxy.change = lambda told: replace(
        told, emitted_states=(EmittedState(told.post_height, shown),)
    )
    with pytest.raises(StateMismatchException, match="held to other terms"):
        world.open()
