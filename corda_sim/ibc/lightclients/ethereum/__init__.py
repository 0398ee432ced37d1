"""What light clients of Ethereum-like chains share: Keccak, signer recovery, RLP and tries."""
