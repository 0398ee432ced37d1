"""Whether a lock that is to be restored is burnt: what issuer and validators see to themselves."""

from typing import Any

from corda_sim.core.contracts import StateRef, TransactionState
from corda_sim.core.identity import Party
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import FlowLogic
from flows.bridge.spendings import UnsignedSpendingsFlow
from flows.cash.restored import restored_locks
from flows.ibc.proofs import known_output
from flows.refusals import RestorationRefused
from states.cash import CashLock, Restore
from states.ibc import Host


class RequireBurntFlow(FlowLogic[StateRef]):
    """Agree to a restoration only of what its notary has consumed unknown to the validators.

    ``requester`` is the party that asks for it. Waits for the notary and the validators.

    Raises: RestorationRefused.
    """

    def __init__(self, transaction: SignedTransaction, requester: Party) -> None:
        self.transaction, self.requester = transaction, requester

    async def call(self) -> StateRef:
        """The burnt lock."""
        restored = _restored(self.transaction)
        burnt = _burnt(self.transaction)
        self.context.record("restoration", lambda: self._judge(burnt, restored))
        host = self._host(restored.data)
        asked = UnsignedSpendingsFlow(host, restored.notary, (burnt,))
        if not await self.sub_flow(asked):
            raise RestorationRefused(f"lock {burnt} isn't burnt")
        return burnt

    def _judge(self, burnt: StateRef, restored: TransactionState[CashLock]) -> bytes:
        services, lock = self.service_hub.services, restored.data
        if known_output(services, burnt) != restored:
            raise RestorationRefused(f"{burnt} isn't the lock that is to be restored")
        if self.requester not in concerned(lock):
            raise RestorationRefused(f"lock {burnt} is none of {self.requester}'s")
        if burnt in restored_locks(services, lock.tx_id):
            raise RestorationRefused(f"lock {burnt} is restored already")
        return b""

    def _host(self, lock: CashLock) -> Host:
        referred = map(self.service_hub.state_and_ref, self.transaction.references)
        states = (one.state.data for one in referred)
        hosts = (one for one in states if isinstance(one, Host) and one.base_id == lock.base)
        found = next(hosts, None)
        if found is None:
            raise RestorationRefused("a restoration refers to its host")
        return found


def concerned(lock: CashLock) -> tuple[Party, ...]:
    """Who may ask for a lock to be restored: its holders, and the issuer of its coins."""
    return (*lock.holders, lock.issuer)


def _restored(stx: SignedTransaction) -> TransactionState[Any]:
    if len(stx.outputs) != 1 or not isinstance(stx.outputs[0].data, CashLock):
        raise RestorationRefused("a restoration makes a lock and nothing else")
    return stx.outputs[0]


def _burnt(stx: SignedTransaction) -> StateRef:
    values = [command.value for command in stx.commands]
    if len(values) != 1 or not isinstance(values[0], Restore) or stx.inputs:
        raise RestorationRefused("a restoration consumes nothing, and has no other command")
    return values[0].burnt
