"""The vault: states of interest to this node, coins to spend, locks, queries (NodeVaultService)."""
