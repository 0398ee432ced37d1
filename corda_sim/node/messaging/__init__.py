"""Signed packs of session messages and the transports that carry them (Corda §3.3: Artemis and its bridges)."""
