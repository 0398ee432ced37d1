"""IBC: one sub-package for each ICS, pure handlers over an explicit store, and the light clients.

The same code runs in the flow that builds a transaction and in the contract that verifies it.
Rules, error names and bytes are those of ibc-go v8.
"""
