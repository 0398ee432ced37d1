"""The LCP prover beyond what relaying shows."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.errors import FeatureLater
from corda_sim.ibc.lightclients.lcp.messages import (
    CommitmentProofs,
    UpdateState,
    VerifyMembership,
    decode_message,
)
from corda_sim.ibc.lightclients.lcp.types import ClientState, ConsensusState, UpdateClientMessage
from corda_sim.lcp.enclave import requests
from corda_sim.lcp.errors import LcpRefusedException
from corda_sim.relayer.chain import Claim, Evidence
from corda_sim.relayer.errors import EnclaveLostException
from corda_sim.relayer.prover import Prover
from tests.unit.ibc.enclave import MRENCLAVE
from tests.unit.relayer.bridge import EXPIRATION, World

CLIENT = "lcp-client-0"


@pytest.fixture
def world() -> World:
    made = World()
    made.open()
    return made


@pytest.fixture
def prover(world: World) -> Prover:
    """Proves GoQuorum to Corda."""
    found = world.parties().here[1]
    found.key_to_register(CLIENT)
    return found


def committed(world: World, path: str = "some/path", value: bytes = b"value") -> Claim:
    world.quorum.store.set(path, value)
    world.quorum.make_block()
    return Claim(path, value)


def update_in(packed: AnyMessage) -> UpdateState:
    message = decode_message(packed.unpack(UpdateClientMessage).proxy_message)
    assert isinstance(message, UpdateState)
    return message


def test_claims_of_one_batch_share_one_update(world: World, prover: Prover) -> None:
    claims = [committed(world, f"path/{number}") for number in range(3)]
    known = world.corda.latest_height(CLIENT)
    proven = prover.prove(claims, known)
    (update,) = map(update_in, proven.updates)
    assert (update.prev_height, update.post_height) == (known, proven.height)
    for claim, proof in zip(claims, proven.proofs, strict=True):
        message = decode_message(CommitmentProofs.decode(proof).message)
        assert isinstance(message, VerifyMembership)
        assert (message.path.decode(), message.height) == (claim.path, proven.height)


def test_a_height_that_is_known_needs_no_update(world: World, prover: Prover) -> None:
    claim = committed(world)
    height = prover.prove([claim], world.corda.latest_height(CLIENT)).height
    assert prover.prove([claim], height).updates == ()


def test_several_steps_become_one_update(world: World, prover: Prover) -> None:
    known = world.corda.latest_height(CLIENT)
    for _ in range(3):
        prover.prove([committed(world)], known)
    proven = prover.prove([committed(world)], known)
    (update,) = map(update_in, proven.updates)
    assert (update.prev_height, update.post_height) == (known, proven.height)
    assert isinstance(world.proxy.asked[-2], requests.AggregateMessages)


def test_what_goes_on_from_one_height_is_built_on_the_update_before(
    world: World, prover: Prover
) -> None:
    known = world.corda.latest_height(CLIENT)
    for _ in range(4):
        prover.prove([committed(world)], known)
    world.proxy.asked.clear()
    (update,) = map(update_in, prover.prove([committed(world)], known).updates)
    assert update.prev_height == known
    kinds = [type(one) for one in world.proxy.asked]
    assert kinds.count(requests.UpdateClient) == 1, "the enclave isn't led all the way again"
    assert kinds.count(requests.AggregateMessages) == 1


def test_an_endpoint_that_falls_behind_the_update_before_is_told(
    world: World, prover: Prover, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, claim = world.corda.latest_height(CLIENT), committed(world)
    height = prover.prove([claim], known).height
    asked: list[Height] = []
    prove = world.quorum.prove

    def noting(claims: Sequence[Claim], at: Height) -> Evidence:
        asked.append(at)
        return prove(claims, at)

    monkeypatch.setattr(world.quorum, "prove", noting)
    prover.prove([claim], known)
    assert asked == [height], "not of the height that the client holds, far below"


def test_absence_is_proven_too(world: World, prover: Prover) -> None:
    world.quorum.make_block()
    proven = prover.prove([Claim("no/where", None)], world.corda.latest_height(CLIENT))
    message = decode_message(CommitmentProofs.decode(proven.proofs[0]).message)
    assert isinstance(message, VerifyMembership)
    assert message.value == bytes(32)


def test_what_is_not_so_is_not_signed(world: World, prover: Prover) -> None:
    claim = replace(committed(world), value=b"another")
    with pytest.raises(LcpRefusedException) as caught:
        prover.prove([claim], world.corda.latest_height(CLIENT))
    assert caught.value.type_name == "ErrInvalidProof"


def test_an_enclave_that_lost_the_client_is_told(world: World, prover: Prover) -> None:
    claim = committed(world)
    world.proxy.state = type(world.proxy.state)(
        {path: value for path, value in world.proxy.state.values.items() if "enclaveKeys" in path}
    )
    with pytest.raises(EnclaveLostException, match="no client hb-qbft-0: run `relayer handshake`"):
        prover.prove([claim], world.corda.latest_height(CLIENT))


def test_clients_with_operators_are_later(world: World) -> None:
    store = ClientStore(world.corda.store, CLIENT)
    state = store.client_state.unpack(ClientState)
    store.client_state = AnyMessage.pack(replace(state, operators=(b"\1" * 20,)))
    fresh = world.parties().here[1]
    with pytest.raises(FeatureLater, match="several enclaves at once"):
        fresh.key_to_register(CLIENT)


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({}, True),
        ({"latest_height": Height(0, 7)}, True),
        ({"frozen": True}, False),
        ({"mrenclave": b"\2" * 32}, False),
        ({"key_expiration": 1}, False),
        ({"operators": (b"\1" * 20,)}, False),
        ({"allowed_quote_statuses": ("GROUP_OUT_OF_DATE",)}, False),
    ],
)
def test_a_client_fits_by_its_terms(prover: Prover, changes: dict[str, object], fits: bool) -> None:
    state = replace(ClientState(MRENCLAVE, EXPIRATION), **changes)  # type: ignore[arg-type]
    assert prover.fits(AnyMessage.pack(state)) is fits


def test_a_client_of_another_type_does_not_fit(prover: Prover) -> None:
    assert not prover.fits(AnyMessage("/ibc.lightclients.qbft.v1.ClientState"))
    assert not prover.fits(AnyMessage())


def test_only_the_chains_own_states_are_ours(world: World, prover: Prover) -> None:
    assert prover.is_ours(CLIENT)
    height = world.corda.latest_height(CLIENT)
    forged = AnyMessage.pack(ConsensusState(b"\1" * 32, 1))
    ClientStore(world.corda.store, CLIENT).set_consensus_state(height, forged)
    assert not prover.is_ours(CLIENT)
    assert not prover.is_ours("lcp-client-9")
