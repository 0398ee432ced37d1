"""What the enclave signs of a Corda host."""

import pytest

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.errors import ErrInvalidHeader, ErrInvalidProof
from corda_sim.ibc.lightclients.corda.client import canonical_client_state, consensus_state_at
from corda_sim.ibc.lightclients.corda.types import Entry
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.lcp.messages import UpdateState, VerifyMembership
from corda_sim.ibc.lightclients.lcp.state_id import state_id_of
from corda_sim.lcp.enclave.requests import UpdateClient
from corda_sim.lcp.enclave.requests import VerifyMembership as MembershipRequest
from corda_sim.lcp.enclave.requests import VerifyNonMembership as AbsenceRequest
from tests.unit.ibc.corda_ledger import NOTARY_PAIR, Bridge, client_state, height
from tests.unit.lcp.world import CORDA, PATH, CordaWorld, message_of


@pytest.fixture
def world() -> CordaWorld:
    return CordaWorld()


def state_id(millis: int) -> bytes:
    canonical = AnyMessage.pack(canonical_client_state(client_state()))
    return state_id_of(canonical, AnyMessage.pack(consensus_state_at(height(millis))))


def test_a_transaction_leads_to_the_start_of_its_window(world: CordaWorld) -> None:
    update = message_of(world.follow(Bridge(millis=5).tear_off(), include=True), UpdateState)
    assert (update.prev_height, update.prev_state_id) == (height(0), state_id(0))
    assert (update.post_height, update.post_state_id) == (height(5), state_id(5))
    assert update.timestamp == height(5).revision_height * 10**6
    assert update.context is None
    assert len(update.emitted_states) == 1


def test_a_height_has_one_state_whatever_transaction_leads_to_it(world: CordaWorld) -> None:
    first = world.follow(Bridge(millis=5).tear_off())
    assert world.follow(Bridge(entries=(Entry("other", b"x"),), millis=5).tear_off()) == first


def test_updates_go_on_from_the_newest_below(world: CordaWorld) -> None:
    world.follow(Bridge(millis=9).tear_off())
    update = message_of(world.follow(Bridge(millis=5).tear_off()), UpdateState)
    assert (update.prev_height, update.post_height) == (height(0), height(5))


def test_presence_and_absence(world: CordaWorld) -> None:
    tear_off = Bridge(entries=(Entry(PATH, b"value"), Entry("gone")), millis=5).tear_off()
    world.follow(tear_off)
    asked = (CORDA, b"ibc", PATH, b"value", height(5), tear_off.encode(), world.signer)
    present = message_of(world.sign(MembershipRequest(*asked)), VerifyMembership)
    assert (present.value, present.state_id) == (keccak256(b"value"), state_id(5))
    gone = (CORDA, b"ibc", "gone", height(5), tear_off.encode(), world.signer)
    absent = message_of(world.sign(AbsenceRequest(*gone)), VerifyMembership)
    assert absent.value == bytes(32)


def test_a_tear_off_that_proves_something_else(world: CordaWorld) -> None:
    tear_off = Bridge(millis=5).tear_off()
    world.follow(tear_off)
    for path, value, proof in (
        (PATH, b"other", tear_off.encode()),
        ("other", b"value", tear_off.encode()),
        (PATH, b"value", b"\xff"),
    ):
        asked = (CORDA, b"ibc", path, value, height(5), proof, world.signer)
        with pytest.raises(ErrInvalidProof):
            world.sign(MembershipRequest(*asked))


def test_a_transaction_that_nobody_validated(world: CordaWorld) -> None:
    before = world.state
    with pytest.raises(ErrInvalidHeader):
        world.follow(Bridge(signers=(NOTARY_PAIR,), millis=5).tear_off())
    empty = AnyMessage("/corda_sim.lightclients.corda.v1.Header", b"")
    with pytest.raises(ErrInvalidHeader):
        world.sign(UpdateClient(CORDA, empty, include_state=False, signer=world.signer))
    assert world.state is before
