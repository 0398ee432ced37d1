"""One step of a handshake: messages to a chain, whose refusal ends it."""

from collections.abc import Sequence

from corda_sim.ibc.protobuf import Message
from corda_sim.relayer.chain import Chain
from corda_sim.relayer.errors import HandshakeException


def deliver(chain: Chain, updates: Sequence[Message], message: Message) -> None:
    """Submit and wait. Raises HandshakeException with the chain's reason."""
    (outcome,) = chain.submit(updates, [message]).outcomes()
    if not outcome.is_done:
        what = type(message).__name__
        raise HandshakeException(f"{chain.name} refused {what}: {outcome.reason}")
