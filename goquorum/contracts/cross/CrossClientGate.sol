// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {IIBCHandler} from "../core/handler/IIBCHandler.sol";
import {IIBCModule} from "../core/router/IIBCModule.sol";
import {Packet} from "../core/types/Channel.sol";
import {CrossChannels} from "./CrossChannels.sol";

/// Stands at the port before a Cross module that takes every channel, and passes the packets on of
/// those that we take. The module has to know it as its handler.
contract CrossClientGate is CrossChannels {
    IIBCModule private _module;

    error CrossModuleAlreadyBound(address module);

    constructor(IIBCHandler handler) CrossChannels(handler) {}

    /// Names the module behind, once.
    function bindModule(IIBCModule module) external onlyOwner {
        if (address(_module) != address(0)) revert CrossModuleAlreadyBound(address(_module));
        _module = module;
    }

    function onRecvPacket(Packet calldata packet, address relayer)
        external
        onlyHandler
        returns (bytes memory)
    {
        _requireAdmitted(packet);
        return _module.onRecvPacket(packet, relayer);
    }

    function onAcknowledgementPacket(
        Packet calldata packet,
        bytes calldata acknowledgement,
        address relayer
    ) external onlyHandler {
        _module.onAcknowledgementPacket(packet, acknowledgement, relayer);
    }

    function onTimeoutPacket(Packet calldata packet, address relayer) external onlyHandler {
        _module.onTimeoutPacket(packet, relayer);
    }
}
