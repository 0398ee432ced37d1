"""The transport of MockNetwork: at least once, in order, and as forgetful as a process is."""

from collections import deque
from dataclasses import dataclass, field

from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.identity import Party
from corda_sim.flow.wire_message import WireMessage


@dataclass(slots=True)
class Posted:
    """One message under way; the receiver's acknowledgement confirms it to the sender."""

    sender: Party
    recipient: Party
    wire: WireMessage
    token: str
    delivered: bool = False


@dataclass(slots=True)
class MockBus:
    """Messages by recipient key."""

    inboxes: dict[PublicKey, deque[Posted]] = field(default_factory=dict)
    sent: int = 0

    def post(self, posted: Posted) -> None:
        """Put a message into its recipient's inbox."""
        self.sent += 1
        self.inboxes.setdefault(posted.recipient.owning_key, deque()).append(posted)

    def take(self, key: PublicKey) -> list[Posted]:
        """Messages that weren't handed out since the recipient last started."""
        fresh = [posted for posted in self.inboxes.get(key, ()) if not posted.delivered]
        for posted in fresh:
            posted.delivered = True
        return fresh

    def acknowledge(self, posted: Posted) -> bool:
        """The recipient has committed the message; False when it was acknowledged before."""
        inbox = self.inboxes.get(posted.recipient.owning_key, deque())
        if posted not in inbox:
            return False
        inbox.remove(posted)
        return True

    def recipient_stopped(self, key: PublicKey) -> None:
        """Whatever it hadn't acknowledged will be handed out again."""
        for posted in self.inboxes.get(key, ()):
            posted.delivered = False

    def sender_stopped(self, sender: Party) -> None:
        """What it had sent and nobody has taken yet was in its memory only."""
        for key, inbox in self.inboxes.items():
            kept = deque(p for p in inbox if p.sender != sender or p.delivered)
            self.inboxes[key] = kept
