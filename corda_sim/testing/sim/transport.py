"""The simulated transport: drops, doubles, delays and reorders, but delivers at least once.

As embedded, the sender keeps a message until the receiver has committed it; as a broker, until it
lies in the receiver's queue, which outlives processes.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from corda_sim.core.identity import Party
from corda_sim.flow.effects import SendEffect
from corda_sim.flow.wire_message import WireMessage
from corda_sim.node.crash import CrashPoint, hit

if TYPE_CHECKING:
    from corda_sim.testing.sim.node import SimNode
    from corda_sim.testing.sim.process import SimProcess
    from corda_sim.testing.sim.world import SimWorld

RESEND_SECONDS = 1.0


@dataclass(eq=False, slots=True)
class Letter:
    """A message in its sender's memory, until it is confirmed there."""

    sender: "SimProcess"
    effect: SendEffect
    confirmed: bool = False


@dataclass(eq=False, slots=True)
class Delivery:
    """One copy of a message at its recipient; `holder` is the process that has it."""

    letter: Letter
    sender: Party
    wire: WireMessage
    holder: "SimProcess | None" = None


class SimTransport:
    """Carries the messages of one world."""

    def __init__(self, world: "SimWorld") -> None:
        self._world = world
        self._unconfirmed: dict[Letter, None] = {}

    def publish(self, sender: "SimProcess", effect: SendEffect) -> None:
        """Take a message over from the engine."""
        letter = Letter(sender, effect)
        self._unconfirmed[letter] = None
        self._transmit(letter)
        hit(CrashPoint.AFTER_PUBLISH)

    def _transmit(self, letter: Letter) -> None:
        if letter.confirmed:
            return
        world, wire = self._world, letter.effect.message
        for seconds in world.chance.arrivals():
            world.at(world.now() + int(seconds * 1e9), lambda: self._arrive(letter))
        world.note(letter.sender.label, f"sends {wire.message_id}")
        letter.sender.after(RESEND_SECONDS, lambda: self._transmit(letter))

    def _arrive(self, letter: Letter) -> None:
        effect = letter.effect
        node = self._world.node_of(effect.recipient)
        delivery = Delivery(letter, letter.sender.party, effect.message)
        if self._world.plan.broker:
            node.queue[delivery] = None
            self._confirm(letter)
        receiver = node.active()
        if receiver is not None:
            self._hand_over(delivery, receiver)

    def _hand_over(self, delivery: Delivery, receiver: "SimProcess") -> None:
        delivery.holder = receiver
        self._world.note(receiver.label, f"receives {delivery.wire.message_id}")
        receiver.after(0, lambda: receiver.deliver(delivery))

    def acknowledge(self, receiver: "SimProcess", delivery: Delivery) -> None:
        """The receiver has committed the message."""
        self._world.note(receiver.label, f"acknowledges {delivery.wire.message_id}")
        receiver.node.queue.pop(delivery, None)
        if not self._world.plan.broker:
            self._confirm(delivery.letter)

    def _confirm(self, letter: Letter) -> None:
        for seconds in self._world.chance.arrivals():
            letter.sender.after(seconds, lambda: self._confirmed(letter))

    def _confirmed(self, letter: Letter) -> None:
        if not letter.confirmed:
            letter.confirmed = True
            self._unconfirmed.pop(letter, None)
            letter.sender.confirm(letter.effect.token)

    def opened(self, node: "SimNode", receiver: "SimProcess") -> None:
        """A process begins to consume: it gets what no other has acknowledged."""
        for delivery in list(node.queue):
            if delivery.holder is not receiver:
                self._hand_over(delivery, receiver)

    def gone(self, process: "SimProcess") -> None:
        """What a process hadn't got confirmed was in its memory only."""
        for letter in [one for one in self._unconfirmed if one.sender is process]:
            del self._unconfirmed[letter]

    @property
    def at_rest(self) -> bool:
        """Whether no message of a living process is on its way or in a queue."""
        return not self._unconfirmed and not any(n.queue for n in self._world.nodes.values())
