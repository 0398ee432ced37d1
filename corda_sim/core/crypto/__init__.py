"""Hashes, keys, signatures and Merkle trees, byte for byte as Corda has them."""
