"""The quick devnet: a real EVM whose blocks are sealed as QBFT seals them; simulated consensus."""
