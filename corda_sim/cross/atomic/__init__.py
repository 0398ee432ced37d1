"""Protocols by which the chains of a transaction agree."""
