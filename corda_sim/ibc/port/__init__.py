"""ICS-05 and ICS-26: ports, and the modules bound to them."""
