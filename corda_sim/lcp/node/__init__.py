"""The proxy's node: the enclave's host, its attested keys, and LCP's gRPC services."""
