"""ICS-03: connections."""
