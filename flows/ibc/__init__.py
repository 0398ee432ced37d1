"""The bridge's flows: making a host, delivering messages, minting tickets; and what it answers."""
