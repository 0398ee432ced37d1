"""What a revert says of a message: errors of the handler and its light client, by selector."""

from typing import Final

from corda_sim.relayer.outcomes import Verdict
from goquorum.endpoint.abi import Decoded

_ALREADY_DONE: Final = frozenset(
    ("IBCChannelPacketReceiptAlreadyExists", "IBCChannelPacketCommitmentNotFound")
)
"""A second relayer, or an earlier run of this one, was quicker."""

_PERMANENT: Final = frozenset(
    (
        "IBCChannelAcknowledgementAlreadyWritten",
        "IBCChannelChannelNotFound",
        "IBCChannelEmptyAcknowledgement",
        "IBCChannelPacketAlreadyProcessInPreviousUpgrade",
        "IBCChannelPacketCommitmentMismatch",
        "IBCChannelUnexpectedChannelState",
        "IBCChannelUnexpectedPacketDestination",
        "IBCChannelUnexpectedPacketSource",
        "IBCChannelUnknownChannelOrder",
        "IBCClientClientNotFound",
        "IBCClientInconsistentConsensusStateCommitment",
        "IBCHostModuleChannelNotFound",
        "IBCHostModulePortNotFound",
        "IBCModuleChannelOrderNotAllowed",
        "IBCModuleInvalidSender",
        "LCPClientClientStateFrozen",
        "CrossUnlistedClient",
        "CrossVersionNotSupported",
        "NotImplemented",
        "ProtoMalformed",
        "UnexpectedTypeURL",
    )
)
"""The same message reverts again however often it is sent."""


def verdict_of(error: Decoded | None) -> Verdict:
    """What to do about a message that reverted with `error`; None is one that nobody knows."""
    if error is None:
        return Verdict.RETRY
    if error.name in _ALREADY_DONE:
        return Verdict.ALREADY_DONE
    return Verdict.PERMANENT if error.name in _PERMANENT else Verdict.RETRY
