// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Height} from "../core/types/Height.sol";

struct HeaderedMessage {
    bytes32 header;
    bytes message;
}

struct EmittedState {
    Height height;
    bytes state;
}

/// The enclave moved its client from one state to another; `timestamp` in nanoseconds.
struct UpdateStateMessage {
    Height prevHeight;
    bytes32 prevStateId;
    Height postHeight;
    bytes32 postStateId;
    uint128 timestamp;
    bytes context;
    EmittedState[] emittedStates;
}

/// The enclave saw `value` (keccak256; zero for absence) under `path` at `height`.
struct VerifyMembershipMessage {
    bytes prefix;
    bytes path;
    bytes32 value;
    Height height;
    bytes32 stateId;
}

struct PrevState {
    Height height;
    bytes32 stateId;
}

struct MisbehaviourMessage {
    PrevState[] prevStates;
    bytes context;
    bytes clientMessage;
}

struct CommitmentProofs {
    bytes message;
    bytes[] signatures;
}

struct ValidationContext {
    bytes32 header;
    bytes context;
}

/// What an LCP enclave signs, ABI-encoded behind a header of version and type.
library ProxyMessages {
    bytes32 internal constant UPDATE_STATE = bytes32(bytes4(0x00010001));
    bytes32 internal constant VERIFY_MEMBERSHIP = bytes32(bytes4(0x00010002));
    bytes32 internal constant MISBEHAVIOUR = bytes32(bytes4(0x00010003));
    uint16 private constant EMPTY_CONTEXT = 0;
    uint16 private constant TRUSTING_PERIOD_CONTEXT = 1;

    // The spelling of two of these is the protocol's.
    error LCPCommitmentUnexpectedProxyMessageHeader();
    error LCPCommitmentUnknownValidationContextType();
    error LCPCommtimentInvalidTrustingPeriodContextLength();
    error LCPCommtimentTrustingPeriodContextOutOfTrustingPeriod();
    error LCPCommitmentTrustingPeriodHeaderFromFuture();

    function proofs(bytes memory data)
        internal
        pure
        returns (CommitmentProofs memory found, VerifyMembershipMessage memory message)
    {
        found = abi.decode(data, (CommitmentProofs));
        HeaderedMessage memory headered = abi.decode(found.message, (HeaderedMessage));
        if (headered.header != VERIFY_MEMBERSHIP) revert LCPCommitmentUnexpectedProxyMessageHeader();
        message = abi.decode(headered.message, (VerifyMembershipMessage));
    }

    /// Demands that what the enclave assumed of the time holds now (`time` in nanoseconds).
    function requireValid(bytes memory data, uint256 time) internal pure {
        ValidationContext memory context = abi.decode(data, (ValidationContext));
        uint16 kind = uint16(uint256(context.header) >> 240);
        if (kind == EMPTY_CONTEXT) return;
        if (kind != TRUSTING_PERIOD_CONTEXT) revert LCPCommitmentUnknownValidationContextType();
        if (context.context.length != 64) revert LCPCommtimentInvalidTrustingPeriodContextLength();
        (uint256 times, uint256 params) = abi.decode(context.context, (uint256, uint256));
        if (time >= uint256(uint128(times)) + (params >> 128)) {
            revert LCPCommtimentTrustingPeriodContextOutOfTrustingPeriod();
        }
        if (time + uint128(params) <= times >> 128) {
            revert LCPCommitmentTrustingPeriodHeaderFromFuture();
        }
    }
}
