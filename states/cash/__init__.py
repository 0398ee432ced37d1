"""Cash and the stablecoin (after net.corda.finance.contracts.asset.Cash)."""

from states.cash.commands import Exit, Issue, Lock, Move, Release, Restore
from states.cash.contract import Cash
from states.cash.lock import CashLock, lock_id
from states.cash.lock_call import CASH_ID, Lockable, LockCall, NamedKey
from states.cash.state import CASH_CONTRACT, CASH_SCHEMA, CashKey, CashState, cash_key

__all__ = [
    "CASH_CONTRACT",
    "CASH_ID",
    "CASH_SCHEMA",
    "Cash",
    "CashKey",
    "CashLock",
    "CashState",
    "Exit",
    "Issue",
    "Lock",
    "LockCall",
    "Lockable",
    "Move",
    "NamedKey",
    "Release",
    "Restore",
    "cash_key",
    "lock_id",
]
