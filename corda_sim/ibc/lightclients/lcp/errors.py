"""Errors of the LCP client, named as lcp-solidity's ``ILCPClientErrors`` names them.

Those without that prefix, those whose name ends in ``Invalid``, ``Mismatch`` or ``Signatures``, and
``LCPClientUpdateStateInvalidPostState`` are ours: what several have in common, or what Solidity
leaves to a bare revert.
"""

from corda_sim.ibc.errors import (
    ErrClientFrozen,
    ErrInvalidClient,
    ErrInvalidConsensus,
    ErrInvalidHeader,
    ErrInvalidProof,
)

# --- the first states ---


class LCPClientClientStateInvalid(ErrInvalidClient):
    """An initial client state against the rules."""


class LCPClientClientStateInvalidLatestHeight(LCPClientClientStateInvalid):
    """A new client with a height."""


class LCPClientClientStateInvalidKeyExpiration(LCPClientClientStateInvalid):
    """Keys that live for no time."""


class LCPClientClientStateInvalidMrenclaveLength(LCPClientClientStateInvalid):
    """A measurement that hasn't 32 bytes."""


class LCPClientClientStateInvalidOperatorAddress(LCPClientClientStateInvalid):
    """An operator that is no address, or the address zero."""


class LCPClientClientStateInvalidOperatorsNonce(LCPClientClientStateInvalid):
    """A new client whose operators were replaced before."""


class LCPClientClientStateInvalidOperatorsThreshold(LCPClientClientStateInvalid):
    """A threshold of zero, or of more than one."""


class LCPClientOperatorsInvalidOrder(LCPClientClientStateInvalid):
    """Operators that don't ascend."""


class LCPClientClientStateInvalidAllowedQuoteStatus(LCPClientClientStateInvalid):
    """An empty status among those allowed."""


class LCPClientClientStateInvalidAllowedAdvisoryId(LCPClientClientStateInvalid):
    """An empty advisory among those allowed."""


class LCPClientConsensusStateInvalidStateId(ErrInvalidConsensus):
    """An initial consensus state that isn't empty."""


# --- client messages ---


class LCPClientClientStateFrozen(ErrClientFrozen):
    """A client that misbehaviour has stopped."""


class LCPClientUnknownProtoTypeUrl(ErrInvalidHeader):
    """A client message of another type."""


class LCPClientUnknownProxyMessageHeader(ErrInvalidHeader):
    """A proxy message of another version or type, or one that isn't canonical ABI."""


class LCPClientUpdateStateEmittedStatesMustNotEmpty(ErrInvalidHeader):
    """An activation that doesn't show the state it activates."""


class LCPClientUpdateStateUnexpectedPrevStateId(ErrInvalidHeader):
    """An update from, or misbehaviour against, a state that isn't stored."""


class LCPClientUpdateStateInvalidPostState(ErrInvalidHeader):
    """An update to no height, no state or no time."""


class LCPClientMisbehaviourPrevStatesMustNotEmpty(ErrInvalidHeader):
    """Misbehaviour that names no state."""


class LCPCommitmentOutOfTrustingPeriod(ErrInvalidHeader):
    """A state that was trusted for too long."""


class LCPCommitmentHeaderFromFuture(ErrInvalidHeader):
    """A header from the future."""


class LCPClientUpdateOperatorsInvalid(ErrInvalidHeader):
    """New operators that may not be, or that too few of the present ones have signed."""


class LCPClientUpdateOperatorsPermissionless(LCPClientUpdateOperatorsInvalid):
    """A client without operators, which stays without."""


class LCPClientClientStateUnexpectedOperatorsNonce(LCPClientUpdateOperatorsInvalid):
    """A nonce that isn't the next."""


# --- enclave keys and signatures ---


class AVRInvalid(ErrInvalidHeader):
    """An attestation verification report, or its certificates, that don't verify."""


class LCPClientAVRInvalidSignature(AVRInvalid):
    """A report that its certificate's key hasn't signed."""


class LCPClientIASCertExpired(AVRInvalid):
    """A signing certificate out of its time."""


class LCPClientIASRootCertExpired(AVRInvalid):
    """A root certificate out of its time."""


class LCPClientClientStateUnexpectedMrenclave(ErrInvalidHeader):
    """A report of another enclave."""


class LCPClientAVRAlreadyExpired(ErrInvalidHeader):
    """A report from too long ago."""


class LCPClientAVRUnexpectedOperator(ErrInvalidHeader):
    """A report that names another operator than the one who signed the registration."""


class LCPClientEnclaveKeyUnexpectedExpiredAt(ErrInvalidHeader):
    """A registered key, registered again to end at another time."""


class LCPClientEnclaveKeyNotExist(ErrInvalidProof):
    """A signature by a key that isn't registered."""


class LCPClientEnclaveKeyExpired(ErrInvalidProof):
    """A signature by a key whose time is over."""


class LCPClientInvalidSignatures(ErrInvalidProof):
    """Signatures that aren't those that are wanted."""


class LCPClientInvalidSignaturesLength(LCPClientInvalidSignatures):
    """Not one signature, or not one place for each operator."""


class LCPClientOperatorSignaturesInsufficient(LCPClientInvalidSignatures):
    """Fewer signatures than the operators' threshold."""


class LCPClientEnclaveKeyUnexpectedOperator(LCPClientInvalidSignatures):
    """A key that is another operator's."""


# --- membership ---


class LCPClientMembershipMismatch(ErrInvalidProof):
    """A message that proves something else."""


class LCPClientMembershipVerificationInvalidHeight(LCPClientMembershipMismatch):
    """A proof at another height."""


class LCPClientMembershipVerificationInvalidPrefix(LCPClientMembershipMismatch):
    """A proof under another prefix."""


class LCPClientMembershipVerificationInvalidPath(LCPClientMembershipMismatch):
    """A proof of another path."""


class LCPClientMembershipVerificationInvalidValue(LCPClientMembershipMismatch):
    """A proof of another value, of presence for absence or the reverse."""


class LCPClientMembershipVerificationInvalidStateId(LCPClientMembershipMismatch):
    """A proof over another state of the enclave's client."""
