"""ICS-04: channels and packets."""
