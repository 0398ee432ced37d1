"""Which rules of locks a transaction is under."""

from typing import TYPE_CHECKING

from corda_sim.core.contracts import require_that, select_commands
from states.cash.commands import Exit, Issue, Lock, Move, Release
from states.cash.cross_calls import calls_to_cash
from states.cash.lock import CashLock
from states.cash.locking import verify_lock
from states.cash.releasing import verify_release

if TYPE_CHECKING:
    from corda_sim.core.transactions.ledger import LedgerTransaction


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
    other = (Issue, Move, Exit, Release if made else Lock)
    require_that("cash is locked or released by itself", not any(_has(tx, kind) for kind in other))
    if made:
        verify_lock(tx, made)
    else:
        verify_release(tx, released)
    return True


def _require_no_locking(tx: "LedgerTransaction") -> None:
    require_that("a lock or release has a lock", not (_has(tx, Lock) or _has(tx, Release)))
    require_that("cash answers calls by locks alone", not calls_to_cash(tx))


def _has(tx: "LedgerTransaction", kind: type[Issue | Move | Exit | Lock | Release]) -> bool:
    return bool(select_commands(tx.commands, kind))
