"""Watching over the bridge's states, whoever may have consumed them."""
