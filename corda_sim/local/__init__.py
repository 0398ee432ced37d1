"""What every part that touches this machine needs of it: private files, processes, databases."""
