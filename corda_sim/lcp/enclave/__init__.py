"""The *simulated* enclave: pure handlers, and a process around them that keeps the key."""
