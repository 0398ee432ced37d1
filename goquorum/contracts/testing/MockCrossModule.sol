// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Packet} from "../core/types/Channel.sol";
import {CrossCodec} from "../cross/CrossCodec.sol";
import {CrossContext, PacketDataCall} from "../cross/CrossTypes.sol";
import {IContractModule} from "../cross/IContractModule.sol";
import {ProtoReader, Span} from "../proto/ProtoReader.sol";

/// A Cross module for tests of the gate that, like cross-solidity's, keeps no list of clients and runs
/// a transaction as often as packets bring it.
contract MockCrossModule {
    address private immutable HANDLER;
    IContractModule private immutable MODULE;

    error NotImplemented();
    error UnexpectedTypeURL();
    error IBCModuleInvalidSender(address sender);

    modifier onlyHandler() {
        if (msg.sender != HANDLER) revert IBCModuleInvalidSender(msg.sender);
        _;
    }

    constructor(address handler, IContractModule module) {
        HANDLER = handler;
        MODULE = module;
    }

    function onRecvPacket(Packet calldata packet, address) external onlyHandler returns (bytes memory) {
        bytes memory data = packet.data;
        (bytes32 kind, Span content) = CrossCodec.payload(data, ProtoReader.whole(data));
        if (kind != CrossCodec.CALL) revert UnexpectedTypeURL();
        PacketDataCall memory call = CrossCodec.call(data, content);
        try MODULE.onContractCall(CrossContext(call.txId, 1, call.signers), call.callInfo) {
            return CrossCodec.callAcknowledgement(true);
        } catch {
            return CrossCodec.callAcknowledgement(false);
        }
    }

    function onAcknowledgementPacket(Packet calldata, bytes calldata, address) external view onlyHandler {
        revert NotImplemented();
    }

    function onTimeoutPacket(Packet calldata, address) external view onlyHandler {
        revert NotImplemented();
    }
}
