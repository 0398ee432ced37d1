"""What applications offer to cross-chain transactions."""
