// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {
    IIBCChannelHandshake,
    IIBCChannelPacketSendRecv,
    IIBCChannelPacketTimeout
} from "../channel/IIBCChannel.sol";
import {IIBCClient} from "../client/IIBCClient.sol";
import {IIBCConnection} from "../connection/IIBCConnection.sol";
import {ConnectionEnd} from "../types/Connection.sol";

/// The handler as modules see it.
interface IIBCHandler is
    IIBCClient,
    IIBCConnection,
    IIBCChannelHandshake,
    IIBCChannelPacketSendRecv,
    IIBCChannelPacketTimeout
{
    function getConnection(string calldata connectionId)
        external
        view
        returns (ConnectionEnd memory end, bool found);
}
