"""Starting cross-chain transactions, and running them once everybody has signed."""
