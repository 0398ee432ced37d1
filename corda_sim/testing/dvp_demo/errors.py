"""What goes wrong in the demonstration itself."""

from corda_sim.core.errors import CordaError


class NothingHappened(CordaError):
    """A step that was waited for didn't come in time."""
