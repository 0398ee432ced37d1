"""Who must sign a cross-chain transaction, and who has."""
