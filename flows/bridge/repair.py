"""Restoring a lock that an invalid transaction has consumed, with issuer and validators."""

from collections.abc import Iterable
from typing import ClassVar

from corda_sim.core.contracts import StateRef
from corda_sim.core.identity import Party
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder
from corda_sim.cross.paths import coordinator
from corda_sim.cross.ports import CROSS_PORT
from corda_sim.flow import (
    FlowLogic,
    initiated_by,
    initiating_flow,
    startable_by_rpc,
)
from corda_sim.ibc.host.paths import packet_commitment
from flows.bridge.burning import RequireBurntFlow, concerned
from flows.bridge.issuer import AskIssuerFlow
from flows.finality import FinalityFlow, FinalityResponder
from flows.ibc.proofs import known_output
from flows.ibc.service import bridge_service
from flows.ibc.validated import ValidatedFlow
from flows.ibc.window import window_for
from flows.refusals import RestorationRefused
from states.cash import CashLock, Restore
from states.ibc import Host
from states.ibc.partition import state_key

CHECKING = "Asking notary and validators whether the lock is burnt"
SIGNING = "Collecting the signatures of issuer and validators"
FINALISING = "Finalising the restoration"


@startable_by_rpc
@initiating_flow("corda_sim.bridge.BridgeRepairFlow")
class BridgeRepairFlow(FlowLogic[StateRef]):
    """Put a burnt lock on the ledger again, as it was: ``bridge audit`` tells which are burnt.

    The issuer of its coins and the host's validators sign, once each has asked the notary itself.

    Raises: RestorationRefused, ValidationRefusedException, BridgeHostUnknown, NotaryException.
    """

    steps: ClassVar[tuple[str, ...]] = (CHECKING, SIGNING, FINALISING)

    def __init__(self, lock: StateRef) -> None:
        self.lock = lock

    async def call(self) -> StateRef:
        """The lock in its place."""
        self.set_step(CHECKING)
        refs = self._references()
        lock: CashLock = self.service_hub.state_and_ref(self.lock).state.data
        validators = self._validators(self.service_hub.state_and_ref(refs[0]).state.data, lock)
        stx = self._restoration(refs, (lock.issuer, *validators))
        await self.sub_flow(RequireBurntFlow(stx, self.our_identity))
        self.set_step(SIGNING)
        if lock.issuer not in (self.our_identity, *validators):
            stx = await self.sub_flow(AskIssuerFlow(stx, lock.issuer))
        stx = await self.sub_flow(ValidatedFlow(stx, validators))
        self.set_step(FINALISING)
        others = (one for one in dict.fromkeys(concerned(lock)) if one != self.our_identity)
        final = await self.sub_flow(FinalityFlow(stx, [self.initiate_flow(one) for one in others]))
        return StateRef(final.id, 0)

    def _references(self) -> tuple[StateRef, ...]:
        """The host, the lock's transaction in the bridge, and its packet: as this node has them."""
        data = self.context.record("waiting", lambda: serialize(self._look_up()))
        return deserialize(data, tuple[StateRef, ...])

    def _look_up(self) -> tuple[StateRef, ...]:
        known = known_output(self.service_hub.services, self.lock)
        if known is None or not isinstance(known.data, CashLock):
            raise RestorationRefused(f"this node knows no lock {self.lock}")
        lock: CashLock = known.data
        states = bridge_service(self).index.host(lock.base)
        packet = packet_commitment(CROSS_PORT, lock.channel, lock.sequence)
        found = [states.refs.get(state_key(one)) for one in (coordinator(lock.tx_id), packet)]
        if None in found:
            raise RestorationRefused(f"nothing waits for lock {self.lock} any more")
        return (states.host.ref, *(one for one in found if one is not None))

    def _validators(self, host: Host, lock: CashLock) -> tuple[Party, ...]:
        chosen = host.asked_validators
        key = lock.validator_key
        own = None if key is None else self.service_hub.well_known_party_from_anonymous(key)
        return tuple(dict.fromkeys((*chosen, own))) if own is not None else chosen

    def _restoration(
        self, references: Iterable[StateRef], signers: Iterable[Party]
    ) -> SignedTransaction:
        """The restoration with this node's signature."""
        lock = self.service_hub.state_and_ref(self.lock)
        builder = TransactionBuilder(lock.state.notary).add_output_state(lock.state)
        for ref in references:
            builder.add_reference_state(self.service_hub.state_and_ref(ref))
        keys = dict.fromkeys(one.owning_key for one in (self.our_identity, *signers))
        builder.add_command(Restore(self.lock), *keys)
        builder.set_time_window(window_for(self.service_hub.now(), ()))
        return self.service_hub.sign_initial_transaction(builder)


@initiated_by(BridgeRepairFlow)
class BridgeRepairResponder(FinalityResponder):
    """Receives a restored lock."""
