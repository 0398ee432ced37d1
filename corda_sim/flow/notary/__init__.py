"""The protocol between notaries and their clients (net.corda.core.flows.NotaryFlow)."""
