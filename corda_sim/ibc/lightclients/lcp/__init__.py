"""LCP: the client that verifies what an enclave's light client has signed, and its messages."""
