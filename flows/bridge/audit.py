"""Looking for bridge states and locks that an invalid transaction has consumed.

A validating notary commits none. Others see no contracts: there a party can burn what it knows the
reference of. The validators never signed such a transaction, so that no light client believes it;
but what it consumed is lost until somebody finds it.
"""

from collections.abc import Sequence
from typing import Any

from corda_sim.core.contracts import StateAndRef, StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.vault_query import (
    MAX_PAGE_SIZE,
    PageSpecification,
    VaultQuery,
    VaultQueryCriteria,
    state_types,
)
from corda_sim.flow import FlowLogic, flow_name, startable_by_rpc
from corda_sim.flow.notary.spendings import MAX_ASKED, Spending
from corda_sim.ibc.errors import BridgeHostUnknown
from flows.bridge.asking import AskSignedFlow, AskSpendingsFlow
from flows.bridge.burnt import BurntState, burnt, host_of, unsigned
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
        spendings = await self._spendings(host.state.notary, [one.ref for one in held])
        lost = await self._unsigned(host.state.data, spendings)
        data = self.context.record("requesters", lambda: serialize(self._proven(lost)))
        return burnt(held, lost, deserialize(data, tuple[SecureHash, ...]))

    async def _spendings(self, notary: Party, refs: Sequence[StateRef]) -> tuple[Spending, ...]:
        found: list[Spending] = []
        for start in range(0, len(refs), MAX_ASKED):
            asked = tuple(refs[start : start + MAX_ASKED])
            found += await self.sub_flow(AskSpendingsFlow(notary, asked))
        return tuple({one.transaction_id: one for one in found}.values())

    async def _unsigned(self, host: Host, spendings: Sequence[Spending]) -> tuple[Spending, ...]:
        lost: list[Spending] = []
        for start in range(0, len(spendings), MAX_ASKED):
            some = spendings[start : start + MAX_ASKED]
            ids = tuple(one.transaction_id for one in some)
            asked = [AskSignedFlow(one, ids) for one in host.validators]
            signed = [await self.sub_flow(one) for one in asked]
            lost += unsigned(some, signed, host.config.threshold)
        return tuple(lost)

    def _proven(self, spendings: Sequence[Spending]) -> tuple[SecureHash, ...]:
        known = self.service_hub.well_known_party
        return tuple(
            one.transaction_id
            for one in spendings
            if one.is_proven(known(CordaX500Name.parse(one.requester)))
        )
