"""Errors of the Cross Framework. All are ``CrossError``."""

from corda_sim.core.errors import CordaError


class CrossError(CordaError):
    """Root of what the Cross handlers raise."""


class ErrInvalidTransaction(CrossError):
    """A cross-chain transaction, or a message about one, that isn't well formed."""


class ErrUnexpectedChainID(CrossError):
    """A transaction that names another chain as its coordinator."""


class ErrTxExists(CrossError):
    """A transaction id that is known already."""


class ErrTxNotFound(CrossError):
    """A transaction id that isn't known."""


class ErrTxTimeout(CrossError):
    """A transaction whose time is over."""


class ErrAuthCompleted(CrossError):
    """A signature for a transaction that everybody has signed."""


class ErrNotSigned(CrossError):
    """An account of this chain that the ledger's signatures don't cover."""


class ErrInvalidCrossChainChannel(CrossError):
    """A cross-chain channel that can't be resolved to a channel of Cross here."""


class ErrInvalidLink(CrossError):
    """A link that names no call, or a call without a declared return value."""


class ErrUnexpectedState(CrossError):
    """A step that the state of the transaction doesn't allow."""


class ErrUnexpectedPacket(CrossError):
    """A packet or acknowledgement that this port doesn't take."""


class ErrChannelCloseRefused(CrossError):
    """A wish to close a channel on which assets may be locked."""


class CallRefused(CrossError):
    """A contract's no. Contracts raise this, and nothing else, to make a transaction abort."""
