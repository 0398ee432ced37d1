"""What goes wrong around node processes."""

from corda_sim.core.errors import CordaError


class NodeGone(CordaError):
    """The node's process ended while it was asked something; the same may be asked again."""


class NodeNotReady(CordaError):
    """The node's process ended or wasn't ready in time; the message has the end of its log."""


class FlowFailed(CordaError):
    """A flow that a test or the demo started ended with an error."""
