"""Flows of accounts (com.r3.corda.lib.accounts.workflows.flows)."""
