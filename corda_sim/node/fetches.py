"""Which flow is fetching which transaction from a peer, so that no two fetch the same one."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.flow.context import StagedStep


@dataclass(frozen=True, slots=True)
class FetchesEnded:
    """Goes to flows that wait: a flow has fetched what it meant to, or has given it up."""


@dataclass(slots=True)
class TransactionFetches:
    """Claims in memory; after a restart there are none, and something may be fetched twice."""

    _by: dict[SecureHash, str] = field(default_factory=dict)
    _of: dict[str, set[SecureHash]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._by)

    def claim(self, flow_id: str, ids: Iterable[SecureHash]) -> list[SecureHash]:
        """Those of `ids` that no other flow fetches; they are the flow's from now on."""
        mine = [one for one in ids if self._by.get(one, flow_id) == flow_id]
        for one in mine:
            self._by[one] = flow_id
            self._of.setdefault(flow_id, set()).add(one)
        return mine

    def fetcher(self, tx_id: SecureHash) -> str | None:
        """The flow that fetches the transaction."""
        return self._by.get(tx_id)

    def end(self, staged: StagedStep, flow_id: str) -> None:
        """With the step's commit the flow fetches nothing more."""
        if flow_id in self._of:
            staged.on_commit.append(partial(self._end, flow_id))
            staged.notifications.append(FetchesEnded())

    def _end(self, flow_id: str) -> None:
        for one in self._of.pop(flow_id, ()):
            del self._by[one]
