"""Transactions as they run, their calls' links resolved."""
