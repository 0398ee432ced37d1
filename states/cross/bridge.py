"""What a transaction does to bridge states, for contracts whose states follow Cross's decisions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from corda_sim.core.contracts import StateRef, TransactionState
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.identity import Party
from corda_sim.cross import paths as cross_paths
from corda_sim.cross.atomic.types import CoordinatorState
from corda_sim.cross.initiator.types import InitiateTxState, MsgInitiateTx
from corda_sim.ibc.lightclients.corda.outputs import IBC_CONTRACT
from corda_sim.ibc.lightclients.corda.types import Entry

if TYPE_CHECKING:
    from corda_sim.core.transactions.ledger import LedgerTransaction


class BridgeEntries(Protocol):
    """A state of Ibc's contract, which alone guards it."""

    base_id: StateRef
    entries: tuple[Entry, ...]


class HostRules(Protocol):
    """How many of the validators must sign."""

    threshold: int


class BridgeHost(Protocol):
    """The one state of a base id that says who validates."""

    validators: tuple[Party, ...]
    config: HostRules


@dataclass(frozen=True, slots=True)
class BridgeChange:
    """What stands in the bridge states of one base id before a transaction, and after it.

    ``referred`` is what stays as it is.
    """

    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    referred: Mapping[str, bytes]
    host: BridgeHost | None

    @classmethod
    def of(cls, tx: "LedgerTransaction", base: StateRef) -> "BridgeChange":
        """Read a transaction; states that another contract guards say nothing."""
        consumed = [one.state for one in tx.inputs]
        referred = [one.state for one in tx.references]
        hosts = (state.data for state in (*consumed, *referred) if _is_host(state, base))
        before, after = _entries(consumed, base), _entries(tx.outputs, base)
        return cls(before, after, _entries(referred, base), next(hosts, None))

    def coordinator_before(self, tx_id: bytes) -> CoordinatorState | None:
        """Where a cross-chain transaction stood. Raises: DecodeError."""
        return _coordinator(self.before, tx_id)

    def coordinator_after(self, tx_id: bytes) -> CoordinatorState | None:
        """Where it stands now. Raises: DecodeError."""
        return _coordinator(self.after, tx_id)

    def coordinator_referred(self, tx_id: bytes) -> CoordinatorState | None:
        """Where it stands, in a transaction that leaves it there. Raises: DecodeError."""
        return _coordinator(self.referred, tx_id)

    def initiated(self, tx_id: bytes) -> MsgInitiateTx | None:
        """How it was started, of one that stays as it is. Raises: DecodeError."""
        found = self.referred.get(cross_paths.initiated(tx_id))
        return None if found is None else InitiateTxState.decode_strict(found).msg

    @property
    def validators(self) -> tuple[Party, ...]:
        """The bridge's validators; none when the transaction shows no Host."""
        return () if self.host is None else self.host.validators

    def is_validated(self, signers: Iterable[PublicKey]) -> bool:
        """Whether as many of the validators as the Host demands are among the signers."""
        if self.host is None:
            return False
        signed = {one.owning_key for one in self.validators} & set(signers)
        return len(signed) >= max(1, self.host.config.threshold)


def _coordinator(entries: Mapping[str, bytes], tx_id: bytes) -> CoordinatorState | None:
    found = entries.get(cross_paths.coordinator(tx_id))
    return None if found is None else CoordinatorState.decode_strict(found)


def _is_of(state: TransactionState[Any], base: StateRef) -> bool:
    # a Genesis has no base id yet
    return state.contract == IBC_CONTRACT and getattr(state.data, "base_id", None) == base


def _is_host(state: TransactionState[Any], base: StateRef) -> bool:
    return _is_of(state, base) and hasattr(state.data, "validators")


def _entries(states: Iterable[TransactionState[Any]], base: StateRef) -> dict[str, bytes]:
    found = (one for one in states if _is_of(one, base) and not _is_host(one, base))
    ours: Iterable[BridgeEntries] = (one.data for one in found)
    # an empty value stands for proven absence
    return {entry.path: entry.value for state in ours for entry in state.entries if entry.value}
