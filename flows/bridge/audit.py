"""Looking for bridge states and locks that an invalid transaction has consumed.

A validating notary commits none. Others see no contracts: there a party can burn what it knows the
reference of. The validators never signed such a transaction, so that no light client believes it;
but what it consumed is lost until somebody finds it.
"""

from collections.abc import Sequence
from typing import Any

from corda_sim.core.contracts import StateAndRef, StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.identity import CordaX500Name
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.vault_query import (
    MAX_PAGE_SIZE,
    PageSpecification,
    VaultQuery,
    VaultQueryCriteria,
    state_types,
)
from corda_sim.flow import FlowLogic, flow_name, startable_by_rpc
from corda_sim.flow.notary.spendings import Spending
from corda_sim.ibc.errors import BridgeHostUnknown
from flows.bridge.burnt import BurntState, burnt, host_of
from flows.bridge.spendings import UnsignedSpendingsFlow
from flows.cash.restored import restored_locks
from states.cash import CashLock
from states.ibc import BridgeState, Host

_AUDITED = VaultQuery(
    VaultQueryCriteria(contract_state_types=state_types(Host, BridgeState, CashLock)),
    PageSpecification(page_size=MAX_PAGE_SIZE),
)


@startable_by_rpc
@flow_name("corda_sim.bridge.BridgeAuditFlow")
class BridgeAuditFlow(FlowLogic[tuple[BurntState, ...]]):
    """Ask the notary about all bridge states and locks that this node holds as unspent.

    Of one host, or of all. What a transaction consumed that validators did sign is no finding: it
    is on its way to this node. Waits for the notary and, where something is consumed, for the
    validators.

    Raises: BridgeHostUnknown.
    """

    def __init__(self, base_id: StateRef | None = None) -> None:
        self.base_id = base_id

    async def call(self) -> tuple[BurntState, ...]:
        """What was burnt, and at whose request."""
        page = await self.service_hub.vault.query(_AUDITED)
        held = [self.service_hub.state_and_ref(ref) for ref in page.refs]
        found: list[BurntState] = []
        for host in self._hosts(held):
            base = host.state.data.base_id
            found += await self._audit(host, [o for o in held if host_of(o.state.data) == base])
        return tuple(found)

    def _hosts(self, held: Sequence[StateAndRef[Any]]) -> list[StateAndRef[Host]]:
        hosts = [one for one in held if isinstance(one.state.data, Host)]
        if self.base_id is None:
            return hosts
        chosen = [one for one in hosts if one.state.data.base_id == self.base_id]
        if not chosen:
            raise BridgeHostUnknown(f"no host on this node: {self.base_id}")
        return chosen

    async def _audit(
        self, host: StateAndRef[Host], held: Sequence[StateAndRef[Any]]
    ) -> tuple[BurntState, ...]:
        asked = UnsignedSpendingsFlow(
            host.state.data, host.state.notary, tuple(one.ref for one in held)
        )
        lost = await self.sub_flow(asked)
        data = self.context.record("requesters", lambda: serialize(self._proven(lost)))
        found = burnt(held, lost, deserialize(data, tuple[SecureHash, ...]))
        again = self.context.record("restored", lambda: serialize(self._restored(held, found)))
        restored = deserialize(again, tuple[StateRef, ...])
        return tuple(one for one in found if one.ref not in restored)

    def _restored(
        self, held: Sequence[StateAndRef[Any]], found: Sequence[BurntState]
    ) -> tuple[StateRef, ...]:
        lost = {one.ref for one in found}
        states = (one.state.data for one in held if one.ref in lost)
        locks = [one for one in states if isinstance(one, CashLock)]
        services = self.service_hub.services
        return tuple(ref for one in locks for ref in restored_locks(services, one.tx_id))

    def _proven(self, spendings: Sequence[Spending]) -> tuple[SecureHash, ...]:
        known = self.service_hub.well_known_party
        return tuple(
            one.transaction_id
            for one in spendings
            if one.is_proven(known(CordaX500Name.parse(one.requester)))
        )
