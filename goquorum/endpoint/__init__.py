"""How the rest of the system speaks to a GoQuorum chain, whichever of the three kinds it is."""
