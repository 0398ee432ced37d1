"""Choosing coins: what flows ask of the vault, and how it refuses."""

from corda_sim.flow.selection import (
    CoinSelection,
    InsufficientBalanceException,
    StatesNotAvailableException,
)

__all__ = ["CoinSelection", "InsufficientBalanceException", "StatesNotAvailableException"]
