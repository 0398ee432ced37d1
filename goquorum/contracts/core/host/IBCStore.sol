// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Channel} from "../types/Channel.sol";
import {ConnectionEnd} from "../types/Connection.sol";

struct ClientRecord {
    string clientType;
    address lightClient;
}

struct ChannelRecord {
    Channel channel;
    uint64 nextSequenceSend;
    uint64 nextSequenceRecv;
    uint64 nextSequenceAck;
}

struct HostStorage {
    mapping(string => address) lightClients;
    mapping(string => address) portModules;
    mapping(string => mapping(string => address)) channelModules;
    uint64 nextClientSequence;
    uint64 nextConnectionSequence;
    uint64 nextChannelSequence;
    uint64 expectedTimePerBlock;
}

/// Where the handler keeps its state (ERC-7201). The commitments' place is part of the protocol:
/// light clients of GoQuorum prove against slot keccak256(keccak256(path) . COMMITMENTS).
library IBCStore {
    // erc7201:ibc.commitment
    bytes32 internal constant COMMITMENTS =
        0x1ee222554989dda120e26ecacf756fe1235cd8d726706b57517715dde4f0c900;
    // erc7201:ibc.host
    bytes32 private constant HOST = 0x74277c96171a830beeb656543654929b9b37cec88976b4c31924799951550500;
    // erc7201:ibc.client
    bytes32 private constant CLIENT = 0x521e6acb905d37b69880078e1a941104ad5d8bcb8c5cf52f1d5f47d31739d500;
    // erc7201:ibc.connection
    bytes32 private constant CONNECTION =
        0x9ef02a9acd7179d999aa130fa65a34ac06dd2f1bae667ae0fb55000408793800;
    // erc7201:ibc.channel
    bytes32 private constant CHANNEL = 0x1952ed347963c5b7b1856335782fc9c26716d4219254baf3dfc6b26981b2dc00;

    function commitments() internal pure returns (mapping(bytes32 => bytes32) storage $) {
        assembly ("memory-safe") {
            $.slot := COMMITMENTS
        }
    }

    function host() internal pure returns (HostStorage storage $) {
        assembly ("memory-safe") {
            $.slot := HOST
        }
    }

    function clients() internal pure returns (mapping(string => ClientRecord) storage $) {
        assembly ("memory-safe") {
            $.slot := CLIENT
        }
    }

    function connections() internal pure returns (mapping(string => ConnectionEnd) storage $) {
        assembly ("memory-safe") {
            $.slot := CONNECTION
        }
    }

    function channels()
        internal
        pure
        returns (mapping(string => mapping(string => ChannelRecord)) storage $)
    {
        assembly ("memory-safe") {
            $.slot := CHANNEL
        }
    }

    /// What is committed under `path` is the keccak256 of the value that ICS-24 names.
    function commit(bytes memory path, bytes memory value) internal {
        commitments()[keccak256(path)] = keccak256(value);
    }
}
