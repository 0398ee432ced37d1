// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {ChannelCounterparty, Order, Packet} from "../types/Channel.sol";

/// What the handler asks of the module of a port while a channel opens (ICS-26).
interface IIBCModuleInitializer is IERC165 {
    struct MsgOnChanOpenInit {
        Order order;
        string[] connectionHops;
        string portId;
        string channelId;
        ChannelCounterparty counterparty;
        string version;
    }

    struct MsgOnChanOpenTry {
        Order order;
        string[] connectionHops;
        string portId;
        string channelId;
        ChannelCounterparty counterparty;
        string counterpartyVersion;
    }

    /// Returns the module that owns the channel from now on, and the version it speaks.
    function onChanOpenInit(MsgOnChanOpenInit calldata msg_)
        external
        returns (address module, string memory version);

    function onChanOpenTry(MsgOnChanOpenTry calldata msg_)
        external
        returns (address module, string memory version);
}

/// What the handler asks of the module that owns a channel (ICS-26).
interface IIBCModule is IIBCModuleInitializer {
    struct MsgOnChanOpenAck {
        string portId;
        string channelId;
        string counterpartyVersion;
    }

    struct MsgOnChanOpenConfirm {
        string portId;
        string channelId;
    }

    struct MsgOnChanCloseInit {
        string portId;
        string channelId;
    }

    struct MsgOnChanCloseConfirm {
        string portId;
        string channelId;
    }

    function onChanOpenAck(MsgOnChanOpenAck calldata msg_) external;

    function onChanOpenConfirm(MsgOnChanOpenConfirm calldata msg_) external;

    function onChanCloseInit(MsgOnChanCloseInit calldata msg_) external;

    function onChanCloseConfirm(MsgOnChanCloseConfirm calldata msg_) external;

    /// Returns the acknowledgement; empty when it is written later.
    function onRecvPacket(Packet calldata packet, address relayer) external returns (bytes memory);

    function onAcknowledgementPacket(
        Packet calldata packet,
        bytes calldata acknowledgement,
        address relayer
    ) external;

    function onTimeoutPacket(Packet calldata packet, address relayer) external;
}
