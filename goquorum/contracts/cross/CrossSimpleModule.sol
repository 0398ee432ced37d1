// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {IIBCHandler} from "../core/handler/IIBCHandler.sol";
import {Packet} from "../core/types/Channel.sol";
import {ProtoReader, Span} from "../proto/ProtoReader.sol";
import {CrossChannels} from "./CrossChannels.sol";
import {CrossCodec} from "./CrossCodec.sol";
import {CrossContext, PacketDataCall} from "./CrossTypes.sol";
import {IContractModule} from "./IContractModule.sol";

/// The participant of simple commit: runs the contract that a coordinator on the other chain calls,
/// and acknowledges what came of it. The acknowledgement is final for this side.
contract CrossSimpleModule is CrossChannels {
    uint8 private constant PARTICIPANT = 1;

    IContractModule private immutable MODULE;
    mapping(bytes32 => bool) private _called;

    error UnexpectedTypeURL();
    error NotImplemented();
    error CrossInsufficientGas();

    event OnContractCall(
        bytes indexed txId, uint8 indexed txIndex, bool indexed success, bytes ret
    );

    constructor(IIBCHandler handler, IContractModule module) CrossChannels(handler) {
        MODULE = module;
    }

    /// A payload that isn't a call reverts; the packet then times out at its sender.
    function onRecvPacket(Packet calldata packet, address) external onlyHandler returns (bytes memory) {
        _requireAdmitted(packet);
        bytes memory data = packet.data;
        (bytes32 kind, Span content) = CrossCodec.payload(data, ProtoReader.whole(data));
        if (kind != CrossCodec.CALL) revert UnexpectedTypeURL();
        PacketDataCall memory call = CrossCodec.call(data, content);
        return CrossCodec.callAcknowledgement(_call(packet.destinationChannel, call));
    }

    /// This module sends no packets.
    function onAcknowledgementPacket(Packet calldata, bytes calldata, address) external view onlyHandler {
        revert NotImplemented();
    }

    function onTimeoutPacket(Packet calldata, address) external view onlyHandler {
        revert NotImplemented();
    }

    function _call(string calldata channelId, PacketDataCall memory call) private returns (bool) {
        bytes32 key = keccak256(abi.encode(channelId, call.txId));
        if (_called[key]) return false;
        _called[key] = true;
        uint256 given = gasleft();
        try MODULE.onContractCall(CrossContext(call.txId, PARTICIPANT, call.signers), call.callInfo)
        returns (bytes memory ret) {
            emit OnContractCall(call.txId, PARTICIPANT, true, ret);
            return true;
        } catch (bytes memory reason) {
            // A relayer who sends too little gas must not turn a good call into a failed one: a call
            // that used up its 63/64 leaves no more than the last 64th.
            if (gasleft() <= given / 63) revert CrossInsufficientGas();
            emit OnContractCall(call.txId, PARTICIPANT, false, reason);
            return false;
        }
    }
}
