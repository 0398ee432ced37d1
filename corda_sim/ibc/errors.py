"""Errors of the IBC handlers, named as ibc-go v8 names them.

Each class says which check refused; the message says why. All are ``IbcError``.
"""

from corda_sim.core.errors import CordaError


class IbcError(CordaError):
    """Root of what the IBC handlers and the light clients raise."""


class ErrNoOpMsg(IbcError):
    """A message whose work was done before; the router answers it with NOOP."""


class FeatureLater(IbcError):
    """A part of IBC that this release refuses rather than half does."""


class BridgeHostUnknown(IbcError):
    """No such host on this node, or none is named among several."""


# --- ICS-24, ICS-05, ICS-26 ---


class ErrInvalidID(IbcError):
    """An identifier against ICS-24's rules."""


class ErrInvalidPort(IbcError):
    """A port that nobody has bound."""


class ErrInvalidPrefix(IbcError):
    """An empty commitment prefix."""


class ErrInvalidProof(IbcError):
    """A proof that is empty, malformed, or doesn't prove what it should."""


# --- ICS-02 ---


class ErrInvalidClient(IbcError):
    """A client state that isn't acceptable."""


class ErrClientNotFound(IbcError):
    """No such client."""


class ErrClientNotActive(IbcError):
    """A client that is expired."""


class ErrClientFrozen(ErrClientNotActive):
    """A client that misbehaviour has stopped."""


class ErrInvalidClientType(IbcError):
    """A client type that isn't well formed."""


class ErrClientTypeNotFound(IbcError):
    """A client type for which there is no light client."""


class ErrConsensusStateNotFound(IbcError):
    """No consensus state at the height."""


class ErrInvalidConsensus(IbcError):
    """A consensus state that isn't acceptable."""


class ErrInvalidHeader(IbcError):
    """A client message that doesn't verify."""


class ErrInvalidHeight(IbcError):
    """A height that the message can't have."""


class ErrInvalidMisbehaviour(IbcError):
    """Evidence that proves nothing."""


class ErrSelfConsensusStateNotFound(IbcError):
    """What the other chain holds of this one isn't what this one was."""


class ErrFailedClientStateVerification(IbcError):
    """The other chain's client state isn't proven."""


class ErrFailedClientConsensusStateVerification(IbcError):
    """The other chain's consensus state isn't proven."""


class ErrFailedConnectionStateVerification(IbcError):
    """The other chain's connection end isn't proven."""


class ErrFailedChannelStateVerification(IbcError):
    """The other chain's channel end isn't proven."""


class ErrFailedPacketCommitmentVerification(IbcError):
    """A packet's commitment isn't proven."""


class ErrFailedPacketAckVerification(IbcError):
    """A packet's acknowledgement isn't proven."""


class ErrFailedPacketReceiptVerification(IbcError):
    """The absence of a packet's receipt isn't proven."""


class ErrDelayPeriodNotPassed(IbcError):
    """A consensus state that is younger than the connection's delay."""


# --- ICS-03 ---


class ErrConnectionNotFound(IbcError):
    """No such connection."""


class ErrInvalidConnection(IbcError):
    """A connection message that isn't acceptable."""


class ErrInvalidConnectionState(IbcError):
    """A connection that isn't in the state that the message needs."""


class ErrInvalidVersion(IbcError):
    """A connection version that isn't offered or supported."""


class ErrVersionNegotiationFailed(IbcError):
    """No connection version that both sides support."""


class ErrInvalidCounterparty(IbcError):
    """A counterparty that isn't acceptable."""


# --- ICS-04 ---


class ErrChannelNotFound(IbcError):
    """No such channel."""


class ErrInvalidChannel(IbcError):
    """A channel message or end that isn't acceptable."""


class ErrInvalidChannelState(IbcError):
    """A channel that isn't in the state that the message needs."""


class ErrInvalidChannelIdentifier(IbcError):
    """A channel identifier that isn't of the form channel-N."""


class ErrInvalidChannelOrdering(IbcError):
    """An ordering that the connection or the module doesn't support."""


class ErrInvalidChannelVersion(IbcError):
    """A channel version that a module doesn't speak; for modules to raise."""


class ErrTooManyConnectionHops(IbcError):
    """A channel over more or less than one connection."""


class ErrInvalidPacket(IbcError):
    """A packet that isn't well formed, or isn't this channel's."""


class ErrTimeoutElapsed(IbcError):
    """A packet whose time is over."""


class ErrTimeoutNotReached(IbcError):
    """A packet whose time isn't over yet at the proof."""


class ErrAcknowledgementExists(IbcError):
    """A second acknowledgement of one packet."""


class ErrInvalidAcknowledgement(IbcError):
    """An empty acknowledgement."""


class ErrSequenceSendNotFound(IbcError):
    """A channel without a next sequence to send."""
