// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

/// Types of ICS-03. Names, order and numbers of the fields are those of ibc.core.connection.v1.

enum ConnectionState {
    UNINITIALIZED,
    INIT,
    TRYOPEN,
    OPEN
}

struct MerklePrefix {
    bytes key_prefix;
}

struct Counterparty {
    string client_id;
    string connection_id;
    MerklePrefix prefix;
}

struct Version {
    string identifier;
    string[] features;
}

/// `delay_period` is in nanoseconds.
struct ConnectionEnd {
    string client_id;
    Version[] versions;
    ConnectionState state;
    Counterparty counterparty;
    uint64 delay_period;
}
