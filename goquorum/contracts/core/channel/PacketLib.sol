// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {IBCPaths} from "../host/IBCPaths.sol";
import {IBCStore} from "../host/IBCStore.sol";
import {Channel, Packet} from "../types/Channel.sol";
import {Height} from "../types/Height.sol";
import {IIBCChannelErrors} from "./IIBCChannel.sol";

/// What both directions of a packet share.
library PacketLib {
    /// CommitPacket of ibc-go: 32 bytes over time-outs and data.
    function commitment(Height memory timeoutHeight, uint64 timeoutTimestamp, bytes memory data)
        internal
        pure
        returns (bytes32)
    {
        return sha256(
            abi.encodePacked(
                timeoutTimestamp,
                timeoutHeight.revision_number,
                timeoutHeight.revision_height,
                sha256(data)
            )
        );
    }

    function commitment(Packet calldata packet) internal pure returns (bytes32) {
        return commitment(packet.timeoutHeight, packet.timeoutTimestamp, packet.data);
    }

    /// What the store holds for a 32-byte commitment.
    function stored(bytes32 value) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(value));
    }

    /// The key of a packet that we sent and that is still open.
    function requireSent(Packet calldata packet) internal view returns (bytes32 key) {
        key = keccak256(
            IBCPaths.packetCommitment(packet.sourcePort, packet.sourceChannel, packet.sequence)
        );
        bytes32 found = IBCStore.commitments()[key];
        if (found == bytes32(0)) {
            revert IIBCChannelErrors.IBCChannelPacketCommitmentNotFound(
                packet.sourcePort, packet.sourceChannel, packet.sequence
            );
        }
        bytes32 wanted = stored(commitment(packet));
        if (found != wanted) {
            revert IIBCChannelErrors.IBCChannelPacketCommitmentMismatch(found, wanted);
        }
    }

    /// A packet of ours names the channel's counterparty as its destination.
    function requireDestination(Packet calldata packet, Channel storage channel) internal view {
        if (
            !_same(packet.destinationPort, channel.counterparty.port_id)
                || !_same(packet.destinationChannel, channel.counterparty.channel_id)
        ) {
            revert IIBCChannelErrors.IBCChannelUnexpectedPacketDestination(
                packet.destinationPort, packet.destinationChannel
            );
        }
    }

    /// A packet for us names the channel's counterparty as its source.
    function requireSource(Packet calldata packet, Channel storage channel) internal view {
        if (
            !_same(packet.sourcePort, channel.counterparty.port_id)
                || !_same(packet.sourceChannel, channel.counterparty.channel_id)
        ) {
            revert IIBCChannelErrors.IBCChannelUnexpectedPacketSource(
                packet.sourcePort, packet.sourceChannel
            );
        }
    }

    function _same(string calldata left, string memory right) private pure returns (bool) {
        return keccak256(bytes(left)) == keccak256(bytes(right));
    }
}
