// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Height} from "./Height.sol";

/// Types of ICS-04. Names, order and numbers of the fields are those of ibc.core.channel.v1.

enum ChannelState {
    UNINITIALIZED,
    INIT,
    TRYOPEN,
    OPEN,
    CLOSED,
    FLUSHING,
    FLUSHCOMPLETE
}

enum Order {
    NONE,
    UNORDERED,
    ORDERED
}

struct ChannelCounterparty {
    string port_id;
    string channel_id;
}

struct Channel {
    ChannelState state;
    Order ordering;
    ChannelCounterparty counterparty;
    string[] connection_hops;
    string version;
    uint64 upgrade_sequence;
}

/// `timeoutTimestamp` is in nanoseconds; zero means none.
struct Packet {
    uint64 sequence;
    string sourcePort;
    string sourceChannel;
    string destinationPort;
    string destinationChannel;
    bytes data;
    Height timeoutHeight;
    uint64 timeoutTimestamp;
}
