"""Invariants of a bridge, checked on both chains."""
