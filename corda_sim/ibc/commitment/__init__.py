"""ICS-23: commitment prefixes."""
