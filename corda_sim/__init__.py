"""corda_sim."""
