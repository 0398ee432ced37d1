"""Errors of the LCP client, named as lcp-solidity's ``LCPClientIASBase`` names them."""

from corda_sim.ibc.errors import (
    ErrClientFrozen,
    ErrInvalidClient,
    ErrInvalidConsensus,
    ErrInvalidHeader,
    ErrInvalidProof,
)


class LCPClientUnknownProtoTypeUrl(ErrInvalidHeader):
    """A client message of another type."""


class LCPClientUnknownProxyMessage(ErrInvalidHeader):
    """A proxy message of another version or type, or one that isn't canonical ABI."""


class LCPClientClientStateInvalid(ErrInvalidClient):
    """An initial client state against the rules."""


class LCPClientConsensusStateInvalid(ErrInvalidConsensus):
    """An initial consensus state that isn't empty."""


class LCPClientClientStateFrozen(ErrClientFrozen):
    """A client that misbehaviour has stopped."""


class LCPClientClientStateUnexpectedMrenclave(ErrInvalidHeader):
    """A report of another enclave."""


class LCPClientAVRAlreadyExpired(ErrInvalidHeader):
    """A report from too long ago."""


class LCPClientEnclaveKeyUnexpectedExpiredAt(ErrInvalidHeader):
    """A registered key, registered again to end at another time."""


class LCPClientEnclaveKeyUnexpectedOperator(ErrInvalidHeader):
    """A key whose operator isn't the one that the report or the registration names."""


class LCPClientEnclaveKeyNotExist(ErrInvalidProof):
    """A signature by a key that isn't registered."""


class LCPClientEnclaveKeyExpired(ErrInvalidProof):
    """A signature by a key whose time is over."""


class LCPClientInvalidSignatures(ErrInvalidProof):
    """Too few signatures, or one by another operator's enclave."""


class LCPClientUpdateStateEmittedStatesMustNotEmpty(ErrInvalidHeader):
    """An activation that doesn't show the state it activates."""


class LCPClientUpdateStatePrevStateMismatch(ErrInvalidHeader):
    """An update from a state that isn't stored."""


class LCPClientUpdateStateInvalidPostState(ErrInvalidHeader):
    """An update to no height, no state or no time."""


class LCPCommitmentOutOfTrustingPeriod(ErrInvalidHeader):
    """A state that was trusted for too long."""


class LCPCommitmentHeaderFromFuture(ErrInvalidHeader):
    """A header from the future."""


class LCPClientMisbehaviourPrevStatesMismatch(ErrInvalidHeader):
    """Misbehaviour against states that aren't stored."""


class LCPClientMembershipMismatch(ErrInvalidProof):
    """A message that proves something else: another height, prefix, path, value or state."""


class LCPClientUpdateOperatorsInvalid(ErrInvalidHeader):
    """New operators that may not be, or that too few of the present ones have signed."""


class AVRInvalid(ErrInvalidHeader):
    """An attestation verification report, or its certificates, that don't verify."""
