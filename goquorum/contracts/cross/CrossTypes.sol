// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

/// Types of the Cross Framework (cross.core.auth, cross.core.tx) as contracts see them.

enum AuthMode {
    UNSPECIFIED,
    LOCAL,
    CHANNEL,
    EXTENSION
}

struct AnyOption {
    string type_url;
    bytes value;
}

struct AuthType {
    AuthMode mode;
    AnyOption option;
}

/// Who signed, and how he was authenticated.
struct Account {
    bytes id;
    AuthType auth_type;
}

/// The transaction that a contract is called in; participant 0 is the coordinator.
struct CrossContext {
    bytes txId;
    uint8 txIndex;
    Account[] signers;
}

/// cross.core.atomic.simple.PacketDataCall, as far as a participant needs it.
struct PacketDataCall {
    bytes txId;
    Account[] signers;
    bytes callInfo;
}
