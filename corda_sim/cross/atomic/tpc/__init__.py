"""Two-phase commit: its messages; this release refuses to run it."""
