"""States of the bridge that a patched node burns at a notary which sees no contracts."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

import flows
from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.transactions import TransactionBuilder
from corda_sim.flow import FlowException, FlowLogic, flow_name
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.notary.spendings import MAX_ASKED
from corda_sim.ibc.errors import BridgeHostUnknown
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import DATABASE
from flows.bridge.asking import AskSignedFlow, AskSpendingsFlow
from flows.bridge.audit import BridgeAuditFlow
from flows.bridge.burnt import BurntState
from flows.ibc.minting import MintTicketsFlow
from flows.notarise import NotaryFlow
from notary.descriptor import NOTARY_CORDAPP
from states.cash import Move
from tests.unit.flows.dvp.dvp_bridge import PATCHED, DvpBridge, Steal
from tests.unit.flows.ibc.host_side import ALLOW


@flow_name("test.Burn")
class Burn(FlowLogic[SecureHash]):
    """A patched node: has the notary commit a transaction that only consumes, unverified."""

    def __init__(self, refs: tuple[StateRef, ...]) -> None:
        self.refs = refs

    async def call(self) -> SecureHash:
        held = [self.service_hub.state_and_ref(ref) for ref in self.refs]
        builder = TransactionBuilder(held[0].state.notary)
        for one in held:
            builder.add_input_state(one)
        builder.add_command(Move(), self.our_identity.owning_key)
        stx = self.service_hub.sign_initial_transaction(builder)
        await self.sub_flow(NotaryFlow(stx, skip_verification=True))
        return stx.id


@flow_name("test.AskTooMuch")
class AskTooMuch(FlowLogic[None]):
    """Asks for more than is told."""

    def __init__(self, whom: str) -> None:
        self.whom = whom

    async def call(self) -> None:
        party = self.service_hub.services.party_by_text(self.whom)
        ids = [SecureHash.sha256(b"%d" % n) for n in range(MAX_ASKED + 1)]
        if self.whom == "Validator":
            await self.sub_flow(AskSignedFlow(party, tuple(ids)))
        else:
            refs = tuple(StateRef(one, 0) for one in ids)
            await self.sub_flow(AskSpendingsFlow(party, refs))


TICKETS = "commitments/ports/cross/channels/channel-0/sequences/"
APPS = [flows.cordapp, NOTARY_CORDAPP, PATCHED, CordApp("burning", flows=(Burn, AskTooMuch))]


@pytest.fixture(scope="module")
def bridge() -> Iterator[DvpBridge]:
    with MockNetwork(cordapps=APPS, validating_notary=False) as network:
        network["Validator"].spec.settings["validator"]["allow"] = ALLOW
        network["Validator"].restart()
        yield DvpBridge(network)


def audit(bridge: DvpBridge, name: str = "PartyB") -> dict[StateRef, BurntState]:
    return {one.ref: one for one in bridge.network[name].run_flow(BridgeAuditFlow())}


def test_a_bridge_at_work_has_lost_nothing(bridge: DvpBridge) -> None:
    bridge.newcomers().locked("10 JPY")
    for name in ("PartyA", "PartyB", "Validator"):
        assert audit(bridge, name) == {}


def test_one_host_of_several(bridge: DvpBridge) -> None:
    base_id = bridge.host.base_id
    assert bridge.a.run_flow(BridgeAuditFlow(base_id)) == ()
    other = StateRef(base_id.txhash, base_id.index + 1)
    with pytest.raises(BridgeHostUnknown, match=str(other.txhash)):
        bridge.a.run_flow(BridgeAuditFlow(other))


def test_a_burnt_lock_is_found_with_who_burnt_it(bridge: DvpBridge) -> None:
    dvp = bridge.newcomers()
    terms, _ = dvp.locked("10 JPY")
    (lock,) = dvp.locks(dvp.a, terms)
    dvp.a.run_flow(Steal(lock.ref))
    bridge.network.reload = True
    for name in ("PartyB", "Validator"):
        found = audit(bridge, name)[lock.ref]
        assert found.what == f"lock {terms.tx_id.hex()}"
        assert (found.requester, found.proven) == (str(dvp.a.party.name), True)
    bridge.network.reload = False


def test_burnt_tickets_are_found_and_what_is_whole_is_not(bridge: DvpBridge) -> None:
    bridge.a.run_flow(MintTicketsFlow("cross", "channel-0", sends=3))
    index = bridge.host.service.index.host(None)
    keys = sorted(key for _, key in index.tickets[TICKETS])
    burnt, whole = keys[-2:], keys[0]
    before = audit(bridge)
    tx_id = bridge.b.run_flow(Burn(tuple(index.refs[key] for key in burnt)))
    found = {ref: one for ref, one in audit(bridge, "PartyA").items() if ref not in before}
    assert {one.what for one in found.values()} == set(burnt)
    assert {one.transaction for one in found.values()} == {tx_id}
    assert {one.requester for one in found.values()} == {str(bridge.b.party.name)}
    assert index.refs[whole] not in found


def test_the_host_itself_may_be_burnt(bridge: DvpBridge) -> None:
    host = bridge.host.service.index.host(None).host
    bridge.b.run_flow(Burn((host.ref,)))
    assert audit(bridge, "Validator")[host.ref].what == "host"


def test_what_the_validator_signed_is_only_on_its_way(bridge: DvpBridge) -> None:
    counters = bridge.host.service.index.host(None).refs["host"]
    tx_id = bridge.b.run_flow(Burn((counters,)))
    assert counters in audit(bridge)
    database = bridge.network["Validator"].spec.directory / DATABASE
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(
            "INSERT INTO validator_log "
            "(transaction_id, state_ref, requester, signed_at, until_time) "
            "VALUES (?, '', '', 0, 0)",
            (str(tx_id),),
        )
        connection.commit()
    assert counters not in audit(bridge)
    assert counters not in audit(bridge, "Validator"), "it reads its own log"


@pytest.mark.parametrize("whom", ["Validator", "Notary"])
def test_questions_are_bounded(bridge: DvpBridge, whom: str) -> None:
    with pytest.raises(FlowException, match=f"{MAX_ASKED}"):
        bridge.a.run_flow(AskTooMuch(whom))
