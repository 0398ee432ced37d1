// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {IBCCodec} from "../../proto/IBCCodec.sol";
import {ClientLookup} from "../client/ClientLookup.sol";
import {IBCPaths} from "../host/IBCPaths.sol";
import {IBCStore} from "../host/IBCStore.sol";
import {ModuleLookup} from "../router/ModuleLookup.sol";
import {Channel, ChannelState, Packet} from "../types/Channel.sol";
import {ConnectionEnd} from "../types/Connection.sol";
import {Height, HeightLib} from "../types/Height.sol";
import {ChannelCommitment} from "./ChannelCommitment.sol";
import {ConnectionProofs} from "./ConnectionProofs.sol";
import {IIBCChannelErrors, IIBCChannelPacketTimeout} from "./IIBCChannel.sol";
import {PacketLib} from "./PacketLib.sol";

/// ICS-04, packets that never arrived. Runs by delegatecall in the handler's storage.
contract IBCChannelPacketTimeout is IIBCChannelPacketTimeout, IIBCChannelErrors {
    using ChannelCommitment for Channel;
    using HeightLib for Height;

    function timeoutPacket(MsgTimeoutPacket calldata msg_) external {
        Packet calldata packet = msg_.packet;
        Channel storage channel = _channelOf(packet);
        ConnectionEnd storage connection = channel.connectionOf();
        _requireReached(connection.client_id, packet, msg_.proofHeight);
        bytes32 key = PacketLib.requireSent(packet);
        _verifyUnreceived(connection, packet, msg_.proof, msg_.proofHeight);
        delete IBCStore.commitments()[key];
        _tellModule(packet);
        emit TimeoutPacket(packet);
    }

    function timeoutOnClose(MsgTimeoutOnClose calldata msg_) external {
        Packet calldata packet = msg_.packet;
        Channel storage channel = _channelOf(packet);
        bytes32 key = PacketLib.requireSent(packet);
        _verifyClosed(channel, msg_);
        _verifyUnreceived(
            channel.connectionOf(), packet, msg_.proofUnreceived, msg_.proofHeight
        );
        delete IBCStore.commitments()[key];
        _tellModule(packet);
        emit TimeoutOnClose(packet);
    }

    function _channelOf(Packet calldata packet) private view returns (Channel storage channel) {
        channel = IBCStore.channels()[packet.sourcePort][packet.sourceChannel].channel;
        if (channel.state == ChannelState.UNINITIALIZED) {
            revert IBCChannelUnexpectedChannelState(channel.state);
        }
        PacketLib.requireDestination(packet, channel);
    }

    /// The counterparty had passed the packet's time-out when the proof was made.
    function _requireReached(string memory clientId, Packet calldata packet, Height memory proofHeight)
        private
        view
    {
        Height memory height = packet.timeoutHeight;
        if (!height.isZero() && proofHeight.gte(height)) return;
        if (packet.timeoutTimestamp != 0) {
            uint64 reached =
                ClientLookup.lightClient(clientId).getTimestampAtHeight(clientId, proofHeight);
            if (reached >= packet.timeoutTimestamp) return;
        }
        revert IBCChannelTimeoutNotReached();
    }

    function _verifyUnreceived(
        ConnectionEnd storage connection,
        Packet calldata packet,
        bytes memory proof,
        Height memory height
    ) private {
        bytes memory path = IBCPaths.packetReceipt(
            packet.destinationPort, packet.destinationChannel, packet.sequence
        );
        if (!ConnectionProofs.isAbsent(connection, height, proof, path)) {
            revert IBCChannelFailedVerifyPacketReceiptAbsence(
                connection.client_id, path, proof, height
            );
        }
    }

    function _verifyClosed(Channel storage channel, MsgTimeoutOnClose calldata msg_) private {
        Packet calldata packet = msg_.packet;
        Channel memory theirs = channel.counterpartyEnd(
            ChannelState.CLOSED, packet.sourcePort, packet.sourceChannel, channel.version
        );
        theirs.upgrade_sequence = msg_.counterpartyUpgradeSequence;
        bytes memory value = IBCCodec.encode(theirs);
        bytes memory path = IBCPaths.channel(packet.destinationPort, packet.destinationChannel);
        ConnectionEnd storage connection = channel.connectionOf();
        if (!ConnectionProofs.isMember(connection, msg_.proofHeight, msg_.proofClose, path, value)) {
            revert IBCChannelFailedVerifyChannelState(
                connection.client_id, path, value, msg_.proofClose, msg_.proofHeight
            );
        }
    }

    function _tellModule(Packet calldata packet) private {
        ModuleLookup.ofChannel(packet.sourcePort, packet.sourceChannel).onTimeoutPacket(
            packet, msg.sender
        );
    }
}
