"""The light-client proxy: light clients in a *simulated* enclave, behind LCP's gRPC services.

Simulated means: a process of its own and no trusted hardware. Whoever runs the machine can read the
enclave's key; quotes say so by their debug bit.
"""
