"""GoQuorum by JSON-RPC."""
