"""What a transaction's bridge states and commands say about a lock."""

from typing import TYPE_CHECKING

from corda_sim.core.contracts import select_commands
from corda_sim.cross.atomic.simple.types import PARTICIPANT
from corda_sim.cross.atomic.types import CoordinatorDecision, CoordinatorPhase, CoordinatorState
from corda_sim.cross.ports import CROSS_PORT
from corda_sim.cross.xcc.types import ChannelInfo
from corda_sim.ibc.host.paths import packet_commitment
from states.cash.lock import CashLock
from states.cash.state import CASH_CONTRACT
from states.cross.commands import ContractAction, ContractCall

if TYPE_CHECKING:
    from corda_sim.core.transactions.ledger import LedgerTransaction


def calls_to_cash(tx: "LedgerTransaction") -> tuple[ContractCall, ...]:
    """What Cross asks of cash; a refusal needs no lock, and is left out."""
    calls = (command.value for command in select_commands(tx.commands, ContractCall))
    ours = (call for call in calls if call.contract == CASH_CONTRACT)
    return tuple(call for call in ours if call.action is not ContractAction.REFUSE)


def call_for(lock: CashLock, calls: tuple[ContractCall, ...]) -> ContractCall | None:
    """The one call for the lock's transaction, which is the coordinator's own; None without it."""
    found = [call for call in calls if call.tx_id == lock.tx_id]
    if len(found) != 1 or found[0].tx_index or found[0].result:
        return None
    return found[0]


def packet_of(lock: CashLock) -> str:
    """Where the bridge keeps the commitment of the packet that the lock names."""
    return packet_commitment(CROSS_PORT, lock.channel, lock.sequence)


def is_undecided(state: CoordinatorState | None, lock: CashLock) -> bool:
    """Whether a transaction waits for the answer of the lock's channel."""
    return (
        state is not None
        and state.phase is CoordinatorPhase.PREPARE
        and state.decision is CoordinatorDecision.UNKNOWN
        and state.channels[PARTICIPANT] == ChannelInfo(CROSS_PORT, lock.channel)
    )
