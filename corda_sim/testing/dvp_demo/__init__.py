"""The demonstration of delivery versus payment: both chains, the bridge, and what can go wrong."""
