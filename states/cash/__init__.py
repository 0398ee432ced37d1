"""Cash and the stablecoin (after net.corda.finance.contracts.asset.Cash)."""

from states.cash.commands import Exit, Issue, Move
from states.cash.contract import Cash
from states.cash.state import CASH_CONTRACT, CASH_SCHEMA, CashKey, CashState, cash_key

__all__ = [
    "CASH_CONTRACT",
    "CASH_SCHEMA",
    "Cash",
    "CashKey",
    "CashState",
    "Exit",
    "Issue",
    "Move",
    "cash_key",
]
