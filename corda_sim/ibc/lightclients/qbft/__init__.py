"""The light client of GoQuorum and Besu under QBFT (ibc.lightclients.qbft.v1)."""
