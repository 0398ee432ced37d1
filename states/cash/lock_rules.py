"""Which rules of locks a transaction is under."""

from typing import TYPE_CHECKING

from corda_sim.core.contracts import CommandData, require_that, select_commands
from states.cash.commands import Exit, Issue, Lock, Move, Release, Restore
from states.cash.cross_calls import calls_to_cash
from states.cash.lock import CashLock
from states.cash.locking import verify_lock
from states.cash.releasing import verify_release
from states.cash.restoring import verify_restoration

if TYPE_CHECKING:
    from corda_sim.core.transactions.ledger import LedgerTransaction

_KINDS: tuple[type[CommandData], ...] = (Issue, Move, Exit, Lock, Release, Restore)


def verify_locks(tx: "LedgerTransaction") -> bool:
    """Judge a transaction that makes or consumes locks; whether it does.

    Such a transaction does nothing else with cash.
    Raises: IllegalArgumentError for a broken rule, IllegalStateError for a missing command,
    DecodeError for a call that asks for something else.
    """
    made, released = tx.outputs_of_type(CashLock), tx.inputs_of_type(CashLock)
    if not made and not released:
        _require_no_locking(tx)
        return False
    require_that("locks are made or released, not both", not (made and released))
    making = Restore if _has(tx, Restore) else Lock
    _require_alone(tx, making if made else Release)
    if released:
        verify_release(tx, released)
    elif making is Restore:
        verify_restoration(tx, made)
    else:
        verify_lock(tx, made)
    return True


def _require_no_locking(tx: "LedgerTransaction") -> None:
    locking = any(_has(tx, kind) for kind in (Lock, Release, Restore))
    require_that("a lock or release has a lock", not locking)
    require_that("cash answers calls by locks alone", not calls_to_cash(tx))


def _require_alone(tx: "LedgerTransaction", kind: type[CommandData]) -> None:
    other = (one for one in _KINDS if one is not kind)
    require_that("cash is locked or released by itself", not any(_has(tx, one) for one in other))


def _has(tx: "LedgerTransaction", kind: type[CommandData]) -> bool:
    return bool(select_commands(tx.commands, kind))
