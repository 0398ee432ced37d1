"""Flows of the Cross Framework: messages of this node's accounts, and where transactions are."""
