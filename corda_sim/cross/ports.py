"""The ports of Cross, and the version that both speak (x/core/types/keys.go)."""

CROSS_PORT = "cross"
AUTH_PORT = "cross-auth"
"""Signatures have a port of their own: an unmodified Solidity module may serve the calls."""

VERSION = "cross-1"
