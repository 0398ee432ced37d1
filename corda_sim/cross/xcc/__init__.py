"""Cross-chain channels: how the calls of a transaction name their chains."""
