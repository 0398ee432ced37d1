// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {IIBCHandler} from "../core/handler/IIBCHandler.sol";
import {Packet} from "../core/types/Channel.sol";
import {Height} from "../core/types/Height.sol";
import {CrossChannels} from "./CrossChannels.sol";
import {CrossCodec} from "./CrossCodec.sol";
import {AuthMode} from "./CrossTypes.sol";

/// Signs cross-chain transactions that another chain coordinates (IBCSignTx of the Cross Framework),
/// on a port of its own beside whatever module serves the calls.
contract CrossAuthModule is CrossChannels {
    string private constant PORT = "cross-auth";

    /// `timeoutTimestamp` is in nanoseconds. `callInfo` is the call on this chain that the signer means,
    /// `module` the contract that may do it, in a block before `until` (seconds since 1970).
    struct MsgIBCSignTx {
        string sourceChannel;
        bytes txID;
        bytes callInfo;
        Height timeoutHeight;
        uint64 timeoutTimestamp;
        address module;
        uint64 until;
    }

    /// What somebody agreed to, and the packet that said so.
    struct Agreement {
        bytes32 callInfo;
        address module;
        uint64 until;
        string channel;
        uint64 sequence;
    }

    mapping(bytes32 => Agreement) private _agreements;
    mapping(bytes32 => bool) private _consumed;
    mapping(bytes32 => bytes32) private _signatures;

    error NotImplemented();
    error CrossInvalidTxID(bytes txID);
    error CrossAgreedToAnotherCall(bytes32 agreed);
    error CrossAgreedWithAnotherModule(address module);
    error CrossAgreementConsumed(bytes txID);
    error CrossAgreementEnded(uint64 until);
    error CrossNothingAgreed(bytes txID);

    event TxSigned(address indexed signer, bytes32 indexed txIDHash, uint8 method);
    event TxSignAcknowledged(string channel, uint64 sequence, bool success);
    event TxSignTimedOut(string channel, uint64 sequence);
    event AgreementConsumed(address indexed signer, bytes32 indexed txIDHash);
    event AgreementWithdrawn(address indexed signer, bytes32 indexed txIDHash);

    constructor(IIBCHandler handler) CrossChannels(handler) {}

    /// Says to the coordinator that the caller, and nobody else, signs, and remembers which call on
    /// this chain the caller means by that. Again for the same call after a time-out, but never once
    /// the call was done.
    function ibcSignTx(MsgIBCSignTx calldata msg_) external returns (uint64 sequence) {
        if (msg_.txID.length != 32) revert CrossInvalidTxID(msg_.txID);
        bytes32 key = _key(msg_.txID, msg.sender);
        if (_consumed[key]) revert CrossAgreementConsumed(msg_.txID);
        bytes32 callInfo = keccak256(msg_.callInfo);
        bytes32 agreed = _agreements[key].callInfo;
        if (agreed != bytes32(0) && agreed != callInfo) revert CrossAgreedToAnotherCall(agreed);
        bytes memory data = CrossCodec.ibcSignTx(
            msg_.txID, abi.encodePacked(msg.sender), msg_.timeoutHeight, msg_.timeoutTimestamp
        );
        sequence = HANDLER.sendPacket(
            PORT, msg_.sourceChannel, msg_.timeoutHeight, msg_.timeoutTimestamp, data
        );
        _agreements[key] =
            Agreement(callInfo, msg_.module, msg_.until, msg_.sourceChannel, sequence);
        _signatures[_packetKey(msg_.sourceChannel, sequence)] = key;
        emit TxSigned(msg.sender, keccak256(msg_.txID), uint8(AuthMode.CHANNEL));
    }

    /// Takes the caller's agreement back: its call can't be done any more, whatever the coordinator
    /// makes of the signature that was sent.
    function withdraw(bytes calldata txID) external {
        bytes32 key = _key(txID, msg.sender);
        if (_agreements[key].callInfo == bytes32(0)) revert CrossNothingAgreed(txID);
        delete _agreements[key];
        emit AgreementWithdrawn(msg.sender, keccak256(txID));
    }

    /// The hash of the call that `signer` agreed to for `txID`. The module that he named does it in
    /// this very transaction, or reverts: an agreement is good for one call.
    function consume(bytes calldata txID, address signer) external returns (bytes32 callInfo) {
        bytes32 key = _key(txID, signer);
        Agreement storage agreement = _agreements[key];
        callInfo = agreement.callInfo;
        if (callInfo == bytes32(0)) revert CrossNothingAgreed(txID);
        if (msg.sender != agreement.module) revert CrossAgreedWithAnotherModule(agreement.module);
        if (block.timestamp >= agreement.until) revert CrossAgreementEnded(agreement.until);
        delete _agreements[key];
        _consumed[key] = true;
        emit AgreementConsumed(signer, keccak256(txID));
    }

    /// The hash of the call that `signer` agreed to for `txID` and that may still be done; zero for none.
    function agreedCallInfo(bytes calldata txID, address signer) external view returns (bytes32) {
        Agreement storage agreement = _agreements[_key(txID, signer)];
        return block.timestamp < agreement.until ? agreement.callInfo : bytes32(0);
    }

    /// The coordinator is on the other chain: nothing is to be received here.
    function onRecvPacket(Packet calldata, address) external view onlyHandler returns (bytes memory) {
        revert NotImplemented();
    }

    function onAcknowledgementPacket(Packet calldata packet, bytes calldata acknowledgement, address)
        external
        onlyHandler
    {
        bool success = CrossCodec.isSigned(acknowledgement);
        if (!success) _release(packet);
        delete _signatures[_packetKey(packet.sourceChannel, packet.sequence)];
        emit TxSignAcknowledged(packet.sourceChannel, packet.sequence, success);
    }

    function onTimeoutPacket(Packet calldata packet, address) external onlyHandler {
        _release(packet);
        delete _signatures[_packetKey(packet.sourceChannel, packet.sequence)];
        emit TxSignTimedOut(packet.sourceChannel, packet.sequence);
    }

    /// A signature that never counted binds nobody, unless it was given again since.
    function _release(Packet calldata packet) private {
        bytes32 key = _signatures[_packetKey(packet.sourceChannel, packet.sequence)];
        Agreement storage agreement = _agreements[key];
        bool latest = agreement.sequence == packet.sequence
            && keccak256(bytes(agreement.channel)) == keccak256(bytes(packet.sourceChannel));
        if (latest) delete _agreements[key];
    }

    function _key(bytes calldata txID, address signer) private pure returns (bytes32) {
        return keccak256(abi.encode(txID, signer));
    }

    function _packetKey(string calldata channel, uint64 sequence) private pure returns (bytes32) {
        return keccak256(abi.encode(channel, sequence));
    }
}
