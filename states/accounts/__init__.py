"""Accounts on the ledger (com.r3.corda.lib.accounts.contracts)."""

from states.accounts.contract import AccountInfoContract, Create
from states.accounts.state import ACCOUNT_CONTRACT, ACCOUNT_SCHEMA, AccountInfo

__all__ = ["ACCOUNT_CONTRACT", "ACCOUNT_SCHEMA", "AccountInfo", "AccountInfoContract", "Create"]
