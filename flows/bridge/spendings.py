"""What has consumed states of a bridge without its validators' knowing."""

from collections.abc import Sequence

from corda_sim.core.contracts import StateRef
from corda_sim.core.identity import Party
from corda_sim.flow import FlowLogic
from corda_sim.flow.notary.spendings import MAX_ASKED, Spending
from flows.bridge.asking import AskSignedFlow, AskSpendingsFlow
from flows.bridge.burnt import unsigned
from states.ibc import Host


class UnsignedSpendingsFlow(FlowLogic[tuple[Spending, ...]]):
    """Ask a host's notary about states, and its validators about what consumed any of them."""

    def __init__(self, host: Host, notary: Party, refs: tuple[StateRef, ...]) -> None:
        self.host, self.notary, self.refs = host, notary, refs

    async def call(self) -> tuple[Spending, ...]:
        """The transactions that fewer validators have signed than the host wants."""
        spendings = await self._spendings()
        lost: list[Spending] = []
        for start in range(0, len(spendings), MAX_ASKED):
            lost += await self._unsigned(spendings[start : start + MAX_ASKED])
        return tuple(lost)

    async def _spendings(self) -> tuple[Spending, ...]:
        found: list[Spending] = []
        for start in range(0, len(self.refs), MAX_ASKED):
            asked = self.refs[start : start + MAX_ASKED]
            found += await self.sub_flow(AskSpendingsFlow(self.notary, asked))
        return tuple({one.transaction_id: one for one in found}.values())

    async def _unsigned(self, spendings: Sequence[Spending]) -> tuple[Spending, ...]:
        ids = tuple(one.transaction_id for one in spendings)
        asked = [AskSignedFlow(one, ids) for one in self.host.validators]
        signed = [await self.sub_flow(one) for one in asked]
        return unsigned(spendings, signed, self.host.config.threshold)
