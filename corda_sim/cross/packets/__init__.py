"""The envelopes of Cross's packets, and who handles which."""
