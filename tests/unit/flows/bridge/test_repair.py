"""A lock that a patched node burnt is put on the ledger again, and the exchange goes on."""

from collections.abc import Iterator

import pytest

import flows
from corda_sim.core.contracts import Amount, StateAndRef, StateRef
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder
from corda_sim.cross.ports import CROSS_PORT
from corda_sim.flow import FlowLogic, flow_name
from corda_sim.flow.cordapp import CordApp
from corda_sim.ibc.host.paths import packet_commitment
from corda_sim.invariants import ViolationKind
from corda_sim.invariants.bridge.reading_corda import read_corda
from corda_sim.testing.checking import check_mock, databases_of_mock
from corda_sim.testing.mock_network import MockNetwork
from flows.bridge.audit import BridgeAuditFlow
from flows.bridge.burning import RequireBurntFlow
from flows.bridge.issuer import AskIssuerFlow
from flows.bridge.repair import BridgeRepairFlow
from flows.dvp.terms import Terms
from flows.ibc.service import bridge_service
from flows.ibc.window import window_for
from flows.refusals import InvalidTransactionRefused, RestorationRefused
from flows.validation import RequestValidationFlow
from notary.descriptor import NOTARY_CORDAPP
from states.cash import CashLock, Restore
from tests.unit.flows.dvp.dvp_bridge import PATCHED, Dvp, DvpBridge, Steal
from tests.unit.flows.ibc.host_side import ALLOW


@flow_name("test.Restore")
class Forge(FlowLogic[None]):
    """A patched node: asks a validator, or the issuer, to restore whatever it likes.

    For a stranger it judges itself, as these do.
    """

    def __init__(self, whom: str, burnt: StateRef, lock: CashLock) -> None:
        self.whom, self.burnt, self.lock = whom, burnt, lock

    async def call(self) -> None:
        stx = self.transaction()
        whom = self.service_hub.services.party_by_text(self.whom)
        match self.whom:
            case "Validator":
                await self.sub_flow(RequestValidationFlow(stx, whom))
            case "Stranger":
                await self.sub_flow(RequireBurntFlow(stx, requester=whom))
            case _:
                await self.sub_flow(AskIssuerFlow(stx, whom))

    def transaction(self) -> SignedTransaction:
        hub, lock = self.service_hub, self.lock
        states = bridge_service(self).index.host(lock.base)
        packet = packet_commitment(CROSS_PORT, lock.channel, lock.sequence)
        references = (
            states.host.ref,
            states.refs[f"cross/{lock.tx_id.hex()}"],
            states.refs[packet],
        )
        builder = TransactionBuilder(states.host.state.notary).add_output_state(lock)
        for ref in references:
            builder.add_reference_state(hub.state_and_ref(ref))
        signers = (self.our_identity, lock.issuer, hub.services.party_by_text("Validator"))
        builder.add_command(Restore(self.burnt), *dict.fromkeys(one.owning_key for one in signers))
        builder.set_time_window(window_for(hub.now(), ()))
        return hub.sign_initial_transaction(builder)


APPS = [flows.cordapp, NOTARY_CORDAPP, PATCHED, CordApp("forging", flows=(Forge,))]


@pytest.fixture(scope="module")
def bridge() -> Iterator[DvpBridge]:
    with MockNetwork(
        ("PartyA", "PartyB", "Stranger"), cordapps=APPS, validating_notary=False
    ) as network:
        network["Validator"].spec.settings["validator"]["allow"] = ALLOW
        network["Validator"].restart()
        yield DvpBridge(network)


@pytest.fixture
def dvp(bridge: DvpBridge) -> Dvp:
    return bridge.newcomers()


def locked(dvp: Dvp) -> tuple[Terms, StateAndRef[CashLock]]:
    terms, _ = dvp.locked("10 JPY")
    (lock,) = dvp.locks(dvp.b, terms)
    return terms, lock


def burnt(dvp: Dvp) -> StateAndRef[CashLock]:
    _, lock = locked(dvp)
    dvp.b.run_flow(Steal(lock.ref))
    return lock


def forge(dvp: Dvp, whom: str, burnt: StateRef, lock: CashLock) -> None:
    """Ask as a patched node; the issuer's, where the issuer isn't asked."""
    (dvp.b if whom == "PartyA" else dvp.a).run_flow(Forge(whom, burnt, lock))


@pytest.mark.parametrize("refusing", [False, True])
def test_a_burnt_lock_is_restored_and_the_exchange_ends(dvp: Dvp, refusing: bool) -> None:
    dvp.network.reload = True
    terms, packet = dvp.locked()
    burnt = dvp.locks(dvp.b, terms)[0].ref
    dvp.b.run_flow(Steal(burnt))
    assert [one.ref for one in dvp.b.run_flow(BridgeAuditFlow())] == [burnt]
    restored = dvp.b.run_flow(BridgeRepairFlow(burnt))
    assert dvp.b.run_flow(BridgeAuditFlow()) == ()
    for node in (dvp.a, dvp.b, dvp.network["Validator"]):
        former, again = (node.hub.state_and_ref(ref) for ref in (burnt, restored))
        assert former.state == again.state
    dvp.chain.refusing = refusing
    dvp.host.deliver(dvp.call(packet))
    dvp.network.reload = False
    assert dvp.stage(terms) == ("aborted" if refusing else "committed")
    assert dvp.balances == ((150, 0) if refusing else (50, 100))
    assert dvp.b.run_flow(BridgeAuditFlow()) == (), "what was restored isn't lost"


def test_a_restored_lock_may_be_burnt_and_restored_again(dvp: Dvp) -> None:
    terms, packet = dvp.locked("10 JPY")
    lock = dvp.locks(dvp.b, terms)[0].ref
    for node in (dvp.a, dvp.b):
        node.run_flow(Steal(lock))
        lock = node.run_flow(BridgeRepairFlow(lock))
    dvp.host.deliver(dvp.call(packet))
    assert (dvp.stage(terms), dvp.balances) == ("committed", (140, 10))
    told = [
        one
        for one in read_corda(databases_of_mock(dvp.network)).locks
        if one.tx_id == terms.tx_id.hex()
    ]
    assert [one.released_to for one in told] == ["seller"], "the burnt ones aren't stranded"


@pytest.mark.parametrize("whom", ["Validator", "PartyA"])
def test_what_isnt_burnt_isnt_restored(dvp: Dvp, whom: str) -> None:
    terms, lock = locked(dvp)
    with pytest.raises(RestorationRefused, match="isn't burnt"):
        dvp.b.run_flow(BridgeRepairFlow(lock.ref))
    with pytest.raises(RestorationRefused, match="isn't burnt"):
        forge(dvp, whom, lock.ref, lock.state.data)
    assert dvp.locks(dvp.b, terms) == [lock]


def test_nothing_is_restored_twice(dvp: Dvp) -> None:
    lock = burnt(dvp)
    dvp.b.run_flow(BridgeRepairFlow(lock.ref))
    with pytest.raises(RestorationRefused, match="restored already"):
        dvp.a.run_flow(BridgeRepairFlow(lock.ref))
    with pytest.raises(RestorationRefused, match="restored already"):
        forge(dvp, "Validator", lock.ref, lock.state.data)


@pytest.mark.parametrize("whom", ["Validator", "PartyA"])
def test_no_other_amount_is_restored(dvp: Dvp, whom: str) -> None:
    lock = burnt(dvp)
    held = lock.state.data
    more = held.model_copy(update={"amount": Amount(11, held.amount.token)})
    with pytest.raises(InvalidTransactionRefused, match="as the call asks for"):
        forge(dvp, whom, lock.ref, more)


@pytest.mark.parametrize("whom", ["Validator", "PartyA"])
def test_no_lock_is_restored_in_place_of_another(dvp: Dvp, whom: str) -> None:
    lock, (_, whole) = burnt(dvp), locked(dvp)
    with pytest.raises(RestorationRefused, match="isn't the lock that is to be restored"):
        forge(dvp, whom, lock.ref, whole.state.data)


def test_a_stranger_restores_nothing(dvp: Dvp) -> None:
    lock, stranger = burnt(dvp), dvp.network["Stranger"]
    with pytest.raises(RestorationRefused, match="knows no lock"):
        stranger.run_flow(BridgeRepairFlow(lock.ref))
    with pytest.raises(RestorationRefused, match="is none of O=Stranger"):
        forge(dvp, "Stranger", lock.ref, lock.state.data)


def test_what_is_decided_needs_no_lock_any_more(dvp: Dvp) -> None:
    terms, packet = dvp.locked("10 JPY")
    lock = dvp.locks(dvp.b, terms)[0].ref
    dvp.host.deliver(dvp.call(packet))
    with pytest.raises(RestorationRefused, match="nothing waits"):
        dvp.b.run_flow(BridgeRepairFlow(lock))


def test_no_value_comes_or_goes(bridge: DvpBridge) -> None:
    """Last of its module. What burnt the locks is in no ledger but the notary's."""
    assert {one.kind for one in check_mock(bridge.network)} == {ViolationKind.LOST_TRANSACTION}
