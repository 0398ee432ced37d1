// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IIBCChannelPacketSendRecv} from "../core/channel/IIBCChannel.sol";
import {IIBCModule, IIBCModuleInitializer} from "../core/router/IIBCModule.sol";
import {Packet} from "../core/types/Channel.sol";
import {Height} from "../core/types/Height.sol";
import {CrossContext} from "../cross/CrossTypes.sol";
import {IContractModule} from "../cross/IContractModule.sol";

/// A module and contract for tests of handler and Cross module: takes every channel, echoes what it
/// gets, and counts. Data that begins with "revert" reverts; "later" leaves the acknowledgement out.
contract MockModule is IIBCModule, IContractModule {
    uint256 public received;
    uint256 public acknowledged;
    uint256 public timedOut;
    uint256 public called;

    error MockReverted(bytes data);

    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IIBCModule).interfaceId
            || interfaceId == type(IIBCModuleInitializer).interfaceId;
    }

    function sendPacket(
        IIBCChannelPacketSendRecv handler,
        string calldata port,
        string calldata channel,
        Height calldata timeoutHeight,
        uint64 timeoutTimestamp,
        bytes calldata data
    ) external returns (uint64) {
        return handler.sendPacket(port, channel, timeoutHeight, timeoutTimestamp, data);
    }

    function writeAcknowledgement(
        IIBCChannelPacketSendRecv handler,
        string calldata port,
        string calldata channel,
        uint64 sequence,
        bytes calldata acknowledgement
    ) external {
        handler.writeAcknowledgement(port, channel, sequence, acknowledgement);
    }

    function onChanOpenInit(MsgOnChanOpenInit calldata msg_)
        external
        view
        returns (address, string memory)
    {
        return (address(this), msg_.version);
    }

    function onChanOpenTry(MsgOnChanOpenTry calldata msg_)
        external
        view
        returns (address, string memory)
    {
        return (address(this), msg_.counterpartyVersion);
    }

    function onChanOpenAck(MsgOnChanOpenAck calldata) external pure {}

    function onChanOpenConfirm(MsgOnChanOpenConfirm calldata) external pure {}

    function onChanCloseInit(MsgOnChanCloseInit calldata) external pure {}

    function onChanCloseConfirm(MsgOnChanCloseConfirm calldata) external pure {}

    function onRecvPacket(Packet calldata packet, address) external returns (bytes memory) {
        _maybeRevert(packet.data);
        ++received;
        return _begins(packet.data, "later") ? bytes("") : packet.data;
    }

    function onAcknowledgementPacket(Packet calldata, bytes calldata acknowledgement, address) external {
        _maybeRevert(acknowledgement);
        ++acknowledged;
    }

    function onTimeoutPacket(Packet calldata, address) external {
        ++timedOut;
    }

    function onContractCall(CrossContext calldata, bytes calldata callInfo)
        external
        returns (bytes memory)
    {
        _maybeRevert(callInfo);
        ++called;
        return callInfo;
    }

    function _maybeRevert(bytes calldata data) private pure {
        if (_begins(data, "revert")) revert MockReverted(data);
    }

    function _begins(bytes calldata data, bytes memory start) private pure returns (bool) {
        return data.length >= start.length && keccak256(data[:start.length]) == keccak256(start);
    }
}
