"""Proving through LCP: an enclave follows one chain and signs for the other's LCP client."""
