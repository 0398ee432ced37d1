"""Signed packs of session messages and what carries them (in Corda: Artemis and its bridges)."""
