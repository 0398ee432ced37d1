"""Generated from the files in ``corda_sim/lcp/protos``."""
