"""What a bridge on Corda refuses beside what IBC's handlers do."""

from corda_sim.ibc.errors import IbcError


class BridgeStateMissing(IbcError):
    """A state that every transaction of its kind needs isn't in sight."""


class TicketsExhausted(IbcError):
    """No ticket for the packet at ``path``: it isn't minted yet, or in use, or used up."""

    def __init__(self, path: str) -> None:
        super().__init__(f"no ticket for {path}")
        self.path = path


class PacketExists(IbcError):
    """A ticket that was used before: its packet has a commitment."""


class MessageWithoutEffect(IbcError):
    """A message whose work was done before, in a transaction that would say otherwise."""
