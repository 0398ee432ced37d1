"""The relayer: brings packets, acknowledgements and time-outs from one chain to the other.

It keeps nothing: whatever it knows, it reads again from the chains after a restart.
"""
