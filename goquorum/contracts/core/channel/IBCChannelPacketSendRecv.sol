// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {ClientLookup} from "../client/ClientLookup.sol";
import {IIBCClient} from "../client/IIBCClient.sol";
import {ILightClient} from "../client/ILightClient.sol";
import {IBCPaths} from "../host/IBCPaths.sol";
import {ChannelRecord, IBCStore} from "../host/IBCStore.sol";
import {ModuleLookup} from "../router/ModuleLookup.sol";
import {Channel, ChannelState, Packet} from "../types/Channel.sol";
import {ConnectionEnd} from "../types/Connection.sol";
import {Height, HeightLib} from "../types/Height.sol";
import {ChannelCommitment} from "./ChannelCommitment.sol";
import {ConnectionProofs} from "./ConnectionProofs.sol";
import {IIBCChannelErrors, IIBCChannelPacketSendRecv} from "./IIBCChannel.sol";
import {PacketLib} from "./PacketLib.sol";

/// ICS-04, packets and acknowledgements. Runs by delegatecall in the handler's storage.
contract IBCChannelPacketSendRecv is IIBCChannelPacketSendRecv, IIBCChannelErrors {
    using ChannelCommitment for Channel;
    using HeightLib for Height;

    // keccak256(0x01): what the store holds for a receipt.
    bytes32 private constant RECEIPT = keccak256(hex"01");
    uint256 private constant NANOSECONDS = 1e9;
    uint64 private constant FIRST = 1;

    function sendPacket(
        string calldata sourcePort,
        string calldata sourceChannel,
        Height calldata timeoutHeight,
        uint64 timeoutTimestamp,
        bytes calldata data
    ) external returns (uint64 sequence) {
        ModuleLookup.requireOwner(sourcePort, sourceChannel);
        ChannelRecord storage record = IBCStore.channels()[sourcePort][sourceChannel];
        _requireOpen(record.channel);
        _requireFuture(record.channel.connectionOf().client_id, timeoutHeight, timeoutTimestamp);
        sequence = record.nextSequenceSend++;
        bytes32 key = keccak256(IBCPaths.packetCommitment(sourcePort, sourceChannel, sequence));
        IBCStore.commitments()[key] =
            PacketLib.stored(PacketLib.commitment(timeoutHeight, timeoutTimestamp, data));
        emit SendPacket(sequence, sourcePort, sourceChannel, timeoutHeight, timeoutTimestamp, data);
    }

    function recvPacket(MsgPacketRecv calldata msg_) external {
        Packet calldata packet = msg_.packet;
        Channel storage channel =
            IBCStore.channels()[packet.destinationPort][packet.destinationChannel].channel;
        _requireOpen(channel);
        PacketLib.requireSource(packet, channel);
        _requireNotTimedOut(packet);
        _verifySent(channel.connectionOf(), msg_);
        _writeReceipt(packet);
        emit RecvPacket(packet);
        bytes memory acknowledgement = ModuleLookup.ofChannel(
            packet.destinationPort, packet.destinationChannel
        ).onRecvPacket(packet, msg.sender);
        // An empty answer means that the module writes the acknowledgement later.
        if (acknowledgement.length > 0) {
            _writeAcknowledgement(
                packet.destinationPort, packet.destinationChannel, packet.sequence, acknowledgement
            );
        }
    }

    function writeAcknowledgement(
        string calldata destinationPortId,
        string calldata destinationChannel,
        uint64 sequence,
        bytes calldata acknowledgement
    ) external {
        ModuleLookup.requireOwner(destinationPortId, destinationChannel);
        _requireOpen(IBCStore.channels()[destinationPortId][destinationChannel].channel);
        if (acknowledgement.length == 0) revert IBCChannelEmptyAcknowledgement();
        _writeAcknowledgement(destinationPortId, destinationChannel, sequence, acknowledgement);
    }

    function acknowledgePacket(MsgPacketAcknowledgement calldata msg_) external {
        Packet calldata packet = msg_.packet;
        Channel storage channel =
            IBCStore.channels()[packet.sourcePort][packet.sourceChannel].channel;
        _requireOpen(channel);
        PacketLib.requireDestination(packet, channel);
        bytes32 key = PacketLib.requireSent(packet);
        _verifyAcknowledged(channel.connectionOf(), msg_);
        delete IBCStore.commitments()[key];
        emit AcknowledgePacket(packet, msg_.acknowledgement);
        ModuleLookup.ofChannel(packet.sourcePort, packet.sourceChannel).onAcknowledgementPacket(
            packet, msg_.acknowledgement, msg.sender
        );
    }

    function _requireOpen(Channel storage channel) private view {
        if (channel.state != ChannelState.OPEN) revert IBCChannelUnexpectedChannelState(channel.state);
    }

    /// A packet needs a time-out that the counterparty, as far as its client knows, hasn't reached.
    function _requireFuture(string memory clientId, Height memory height, uint64 timestamp) private view {
        if (height.isZero() && timestamp == 0) revert IBCChannelZeroPacketTimeout();
        (Height memory latest, uint64 latestTimestamp, ILightClient.ClientStatus status) =
            ClientLookup.lightClient(clientId).getLatestInfo(clientId);
        if (status != ILightClient.ClientStatus.Active) {
            revert IIBCClient.IBCClientNotActiveClient(clientId);
        }
        if (!height.isZero() && latest.gte(height)) {
            revert IBCChannelPastPacketTimeoutHeight(height, latest);
        }
        if (timestamp != 0 && latestTimestamp >= timestamp) {
            revert IBCChannelPastPacketTimeoutTimestamp(timestamp, latestTimestamp);
        }
    }

    function _requireNotTimedOut(Packet calldata packet) private view {
        Height memory height = packet.timeoutHeight;
        Height memory current = Height(0, uint64(block.number));
        if (!height.isZero() && current.gte(height)) {
            revert IBCChannelTimeoutPacketHeight(current, height);
        }
        uint256 time = block.timestamp * NANOSECONDS;
        if (packet.timeoutTimestamp != 0 && time >= packet.timeoutTimestamp) {
            revert IBCChannelTimeoutPacketTimestamp(time, packet.timeoutTimestamp);
        }
    }

    function _verifySent(ConnectionEnd storage connection, MsgPacketRecv calldata msg_) private {
        Packet calldata packet = msg_.packet;
        bytes memory path =
            IBCPaths.packetCommitment(packet.sourcePort, packet.sourceChannel, packet.sequence);
        bytes32 value = PacketLib.commitment(packet);
        if (
            !ConnectionProofs.isMember(
                connection, msg_.proofHeight, msg_.proof, path, abi.encodePacked(value)
            )
        ) {
            revert IBCChannelFailedVerifyPacketCommitment(
                connection.client_id, path, value, msg_.proof, msg_.proofHeight
            );
        }
    }

    function _writeReceipt(Packet calldata packet) private {
        if (packet.sequence < FIRST) {
            revert IBCChannelPacketAlreadyProcessInPreviousUpgrade(packet.sequence, FIRST);
        }
        mapping(bytes32 => bytes32) storage commitments = IBCStore.commitments();
        bytes32 key = keccak256(
            IBCPaths.packetReceipt(packet.destinationPort, packet.destinationChannel, packet.sequence)
        );
        if (commitments[key] != bytes32(0)) {
            revert IBCChannelPacketReceiptAlreadyExists(
                packet.destinationPort, packet.destinationChannel, packet.sequence
            );
        }
        commitments[key] = RECEIPT;
    }

    function _verifyAcknowledged(
        ConnectionEnd storage connection,
        MsgPacketAcknowledgement calldata msg_
    ) private {
        Packet calldata packet = msg_.packet;
        bytes memory path = IBCPaths.packetAcknowledgement(
            packet.destinationPort, packet.destinationChannel, packet.sequence
        );
        bytes32 value = sha256(msg_.acknowledgement);
        if (
            !ConnectionProofs.isMember(
                connection, msg_.proofHeight, msg_.proof, path, abi.encodePacked(value)
            )
        ) {
            revert IBCChannelFailedVerifyPacketAcknowledgement(
                connection.client_id, path, value, msg_.proof, msg_.proofHeight
            );
        }
    }

    function _writeAcknowledgement(
        string calldata portId,
        string calldata channelId,
        uint64 sequence,
        bytes memory acknowledgement
    ) private {
        mapping(bytes32 => bytes32) storage commitments = IBCStore.commitments();
        bytes32 key = keccak256(IBCPaths.packetAcknowledgement(portId, channelId, sequence));
        if (commitments[key] != bytes32(0)) {
            revert IBCChannelAcknowledgementAlreadyWritten(portId, channelId, sequence);
        }
        commitments[key] = PacketLib.stored(sha256(acknowledgement));
        emit WriteAcknowledgement(portId, channelId, sequence, acknowledgement);
    }
}
