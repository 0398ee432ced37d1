"""Flows of cash (net.corda.finance.flows)."""
