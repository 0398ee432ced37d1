"""What can be wrong with a pack or a connection.

CordaError
├── MessagingException
│   ├── MessageTooLargeException      at the sender, before anything is written
│   └── PackRefusedException          at the receiver
│       ├── UnknownSenderException    temporary: the network map may lag behind
│       ├── WrongNetworkException     permanent
│       ├── WrongRecipientException   permanent
│       └── PackSignatureException    permanent
└── DecodeError (core)                permanent
"""

from typing import ClassVar

from corda_sim.core.errors import CordaError


class MessagingException(CordaError):
    """Root of the messaging errors."""


class MessageTooLargeException(MessagingException):
    """A message exceeds the network's `maxMessageSize`; both sizes are in bytes."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"message of {size} bytes exceeds maxMessageSize of {limit} bytes")
        self.size = size
        self.limit = limit


class PackRefusedException(MessagingException):
    """A received pack is not accepted. `permanent` says whether it could be accepted later."""

    permanent: ClassVar[bool] = True


class UnknownSenderException(PackRefusedException):
    """The sender, or the key it signs with, is not in the network map (yet)."""

    permanent = False

    def __init__(self, sender: str) -> None:
        super().__init__(f"no identity with that key in the network map: {sender}")
        self.sender = sender


class WrongNetworkException(PackRefusedException):
    """The pack belongs to another network."""


class WrongRecipientException(PackRefusedException):
    """The pack is addressed to a key that is not ours, as when a peer passes on what it got."""


class PackSignatureException(PackRefusedException):
    """The signature is not the sender's over this pack."""
