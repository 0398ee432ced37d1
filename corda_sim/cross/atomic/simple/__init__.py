"""Simple commit: the coordinator locks, the participant commits, the coordinator follows him."""
