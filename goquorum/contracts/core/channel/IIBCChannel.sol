// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Channel, ChannelState, Order, Packet} from "../types/Channel.sol";
import {Height} from "../types/Height.sol";

interface IIBCChannelHandshake {
    struct MsgChannelOpenInit {
        string portId;
        Channel channel;
    }

    struct MsgChannelOpenTry {
        string portId;
        Channel channel;
        string counterpartyVersion;
        bytes proofInit;
        Height proofHeight;
    }

    struct MsgChannelOpenAck {
        string portId;
        string channelId;
        string counterpartyVersion;
        string counterpartyChannelId;
        bytes proofTry;
        Height proofHeight;
    }

    struct MsgChannelOpenConfirm {
        string portId;
        string channelId;
        bytes proofAck;
        Height proofHeight;
    }

    struct MsgChannelCloseInit {
        string portId;
        string channelId;
    }

    struct MsgChannelCloseConfirm {
        string portId;
        string channelId;
        bytes proofInit;
        Height proofHeight;
    }

    event GeneratedChannelIdentifier(string channelId);

    function channelOpenInit(MsgChannelOpenInit calldata msg_)
        external
        returns (string memory channelId, string memory version);

    function channelOpenTry(MsgChannelOpenTry calldata msg_)
        external
        returns (string memory channelId, string memory version);

    function channelOpenAck(MsgChannelOpenAck calldata msg_) external;

    function channelOpenConfirm(MsgChannelOpenConfirm calldata msg_) external;

    function channelCloseInit(MsgChannelCloseInit calldata msg_) external;

    function channelCloseConfirm(MsgChannelCloseConfirm calldata msg_) external;
}

interface IIBCChannelPacketSendRecv {
    struct MsgPacketRecv {
        Packet packet;
        bytes proof;
        Height proofHeight;
    }

    struct MsgPacketAcknowledgement {
        Packet packet;
        bytes acknowledgement;
        bytes proof;
        Height proofHeight;
    }

    event SendPacket(
        uint64 sequence,
        string sourcePort,
        string sourceChannel,
        Height timeoutHeight,
        uint64 timeoutTimestamp,
        bytes data
    );
    event RecvPacket(Packet packet);
    event WriteAcknowledgement(
        string destinationPortId, string destinationChannel, uint64 sequence, bytes acknowledgement
    );
    event AcknowledgePacket(Packet packet, bytes acknowledgement);

    function sendPacket(
        string calldata sourcePort,
        string calldata sourceChannel,
        Height calldata timeoutHeight,
        uint64 timeoutTimestamp,
        bytes calldata data
    ) external returns (uint64 sequence);

    function recvPacket(MsgPacketRecv calldata msg_) external;

    function writeAcknowledgement(
        string calldata destinationPortId,
        string calldata destinationChannel,
        uint64 sequence,
        bytes calldata acknowledgement
    ) external;

    function acknowledgePacket(MsgPacketAcknowledgement calldata msg_) external;
}

interface IIBCChannelPacketTimeout {
    struct MsgTimeoutPacket {
        Packet packet;
        bytes proof;
        Height proofHeight;
        uint64 nextSequenceRecv;
    }

    struct MsgTimeoutOnClose {
        Packet packet;
        bytes proofUnreceived;
        bytes proofClose;
        Height proofHeight;
        uint64 nextSequenceRecv;
        uint64 counterpartyUpgradeSequence;
    }

    event TimeoutPacket(Packet packet);
    event TimeoutOnClose(Packet packet);

    function timeoutPacket(MsgTimeoutPacket calldata msg_) external;

    function timeoutOnClose(MsgTimeoutOnClose calldata msg_) external;
}

interface IIBCChannelErrors {
    error IBCChannelUnexpectedChannelState(ChannelState state);
    error IBCChannelUnknownChannelOrder(Order ordering);
    error IBCChannelChannelNotFound(string portId, string channelId);
    error IBCChannelInvalidConnectionHopsLength(uint256 length);
    error IBCChannelConnectionNotOpened(string connectionId);
    error IBCChannelConnectionMultipleVersionsFound(string connectionId, uint256 length);
    error IBCChannelConnectionFeatureNotSupported(Order ordering);
    error IBCChannelCounterpartyChannelIdNotEmpty(string counterpartyChannelId);
    error IBCChannelZeroPacketTimeout();
    error IBCChannelPastPacketTimeoutHeight(Height timeoutHeight, Height latestHeight);
    error IBCChannelPastPacketTimeoutTimestamp(uint64 timeoutTimestamp, uint64 latestTimestamp);
    error IBCChannelTimeoutPacketHeight(Height currentHeight, Height timeoutHeight);
    error IBCChannelTimeoutPacketTimestamp(uint256 currentTimestamp, uint64 timeoutTimestamp);
    error IBCChannelTimeoutNotReached();
    error IBCChannelUnexpectedPacketSource(string sourcePort, string sourceChannel);
    error IBCChannelUnexpectedPacketDestination(string destinationPort, string destinationChannel);
    error IBCChannelPacketCommitmentNotFound(string portId, string channelId, uint64 sequence);
    error IBCChannelPacketCommitmentMismatch(bytes32 expected, bytes32 actual);
    error IBCChannelPacketReceiptAlreadyExists(
        string destinationPort, string destinationChannel, uint64 sequence
    );
    error IBCChannelPacketAlreadyProcessInPreviousUpgrade(uint64 sequence, uint64 startSequence);
    error IBCChannelUnknownPacketReceiptCommitment(bytes32 commitment);
    error IBCChannelEmptyAcknowledgement();
    error IBCChannelAcknowledgementAlreadyWritten(
        string destinationPort, string destinationChannel, uint64 sequence
    );
    error IBCChannelFailedVerifyChannelState(
        string clientId, bytes path, bytes value, bytes proof, Height height
    );
    error IBCChannelFailedVerifyPacketCommitment(
        string clientId, bytes path, bytes32 commitment, bytes proof, Height height
    );
    error IBCChannelFailedVerifyPacketAcknowledgement(
        string clientId, bytes path, bytes32 commitment, bytes proof, Height height
    );
    error IBCChannelFailedVerifyPacketReceiptAbsence(
        string clientId, bytes path, bytes proof, Height height
    );
}
