"""Light clients: pure functions over the part of the store that is a client's own."""
