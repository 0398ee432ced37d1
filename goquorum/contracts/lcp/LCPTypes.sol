// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

/// ibc.lightclients.lcp.v1.ClientState; `keyExpiration` in seconds.
struct LCPClientState {
    bytes32 mrenclave;
    uint64 keyExpiration;
    bool frozen;
    uint128 latestHeight;
    string[] allowedQuoteStatuses;
    string[] allowedAdvisoryIds;
    address[] operators;
    uint64 operatorsNonce;
    uint64 thresholdNumerator;
    uint64 thresholdDenominator;
}

/// `timestamp` in nanoseconds.
struct LCPConsensusState {
    bytes32 stateId;
    uint64 timestamp;
}

/// `expiredAt` in seconds.
struct EnclaveKey {
    uint64 expiredAt;
    address operator;
}

/// Client messages, named as the light client's functions take them.
struct UpdateClientMessage {
    bytes proxy_message;
    bytes[] signatures;
}

struct RegisterEnclaveKeyMessage {
    bytes report;
    bytes signature;
    bytes signing_cert;
    bytes operator_signature;
}

struct UpdateOperatorsMessage {
    uint64 nonce;
    bytes[] new_operators;
    uint64 new_operators_threshold_numerator;
    uint64 new_operators_threshold_denominator;
    bytes[] signatures;
}
