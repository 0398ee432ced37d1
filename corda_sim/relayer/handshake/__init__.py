"""Opening clients, a connection and channels; what is open already is found and left alone."""
