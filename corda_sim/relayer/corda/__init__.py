"""A Corda host by RPC of a node that holds the bridge's states."""
