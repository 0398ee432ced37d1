"""ICS-24: identifiers and paths."""
