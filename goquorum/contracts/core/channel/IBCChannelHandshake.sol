// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IBCCodec} from "../../proto/IBCCodec.sol";
import {Versions} from "../connection/Versions.sol";
import {IBCPaths} from "../host/IBCPaths.sol";
import {ChannelRecord, IBCStore} from "../host/IBCStore.sol";
import {IIBCModule, IIBCModuleInitializer} from "../router/IIBCModule.sol";
import {ModuleLookup} from "../router/ModuleLookup.sol";
import {Channel, ChannelCounterparty, ChannelState, Order} from "../types/Channel.sol";
import {ConnectionEnd, ConnectionState} from "../types/Connection.sol";
import {Height} from "../types/Height.sol";
import {ChannelCommitment} from "./ChannelCommitment.sol";
import {ConnectionProofs} from "./ConnectionProofs.sol";
import {IIBCChannelErrors, IIBCChannelHandshake} from "./IIBCChannel.sol";

/// ICS-04, opening and closing. Runs by delegatecall in the handler's storage. Channels are
/// unordered; an ordered one is refused.
contract IBCChannelHandshake is IIBCChannelHandshake, IIBCChannelErrors {
    using ChannelCommitment for Channel;

    function channelOpenInit(MsgChannelOpenInit calldata msg_)
        external
        returns (string memory channelId, string memory version)
    {
        Channel calldata wanted = msg_.channel;
        // A channel may be begun before its connection is open (ICS-04, optimistic handshake).
        _supportingConnection(wanted);
        if (wanted.state != ChannelState.INIT) revert IBCChannelUnexpectedChannelState(wanted.state);
        if (bytes(wanted.counterparty.channel_id).length != 0) {
            revert IBCChannelCounterpartyChannelIdNotEmpty(wanted.counterparty.channel_id);
        }
        channelId = _newChannel(msg_.portId);
        address module;
        (module, version) = ModuleLookup.ofPort(msg_.portId).onChanOpenInit(
            IIBCModuleInitializer.MsgOnChanOpenInit(
                wanted.ordering,
                wanted.connection_hops,
                msg_.portId,
                channelId,
                wanted.counterparty,
                wanted.version
            )
        );
        _write(msg_.portId, channelId, module, wanted, version);
    }

    function channelOpenTry(MsgChannelOpenTry calldata msg_)
        external
        returns (string memory channelId, string memory version)
    {
        Channel calldata wanted = msg_.channel;
        ConnectionEnd storage connection = _supportingConnection(wanted);
        _requireOpen(connection, wanted.connection_hops[0]);
        if (wanted.state != ChannelState.TRYOPEN) revert IBCChannelUnexpectedChannelState(wanted.state);
        _verifyInit(msg_, connection);
        channelId = _newChannel(msg_.portId);
        address module;
        (module, version) = ModuleLookup.ofPort(msg_.portId).onChanOpenTry(
            IIBCModuleInitializer.MsgOnChanOpenTry(
                wanted.ordering,
                wanted.connection_hops,
                msg_.portId,
                channelId,
                wanted.counterparty,
                msg_.counterpartyVersion
            )
        );
        _write(msg_.portId, channelId, module, wanted, version);
    }

    function channelOpenAck(MsgChannelOpenAck calldata msg_) external {
        Channel storage channel = _inState(msg_.portId, msg_.channelId, ChannelState.INIT);
        _requireOpen(channel.connectionOf(), channel.connection_hops[0]);
        channel.counterparty.channel_id = msg_.counterpartyChannelId;
        Channel memory theirs = channel.counterpartyEnd(
            ChannelState.TRYOPEN, msg_.portId, msg_.channelId, msg_.counterpartyVersion
        );
        _verifyTheirs(channel, theirs, msg_.proofTry, msg_.proofHeight);
        channel.version = msg_.counterpartyVersion;
        _become(msg_.portId, msg_.channelId, channel, ChannelState.OPEN);
        ModuleLookup.ofChannel(msg_.portId, msg_.channelId).onChanOpenAck(
            IIBCModule.MsgOnChanOpenAck(msg_.portId, msg_.channelId, msg_.counterpartyVersion)
        );
    }

    function channelOpenConfirm(MsgChannelOpenConfirm calldata msg_) external {
        Channel storage channel = _inState(msg_.portId, msg_.channelId, ChannelState.TRYOPEN);
        Channel memory theirs = channel.counterpartyEnd(
            ChannelState.OPEN, msg_.portId, msg_.channelId, channel.version
        );
        _verifyTheirs(channel, theirs, msg_.proofAck, msg_.proofHeight);
        _become(msg_.portId, msg_.channelId, channel, ChannelState.OPEN);
        ModuleLookup.ofChannel(msg_.portId, msg_.channelId).onChanOpenConfirm(
            IIBCModule.MsgOnChanOpenConfirm(msg_.portId, msg_.channelId)
        );
    }

    function channelCloseInit(MsgChannelCloseInit calldata msg_) external {
        Channel storage channel = _closable(msg_.portId, msg_.channelId);
        _become(msg_.portId, msg_.channelId, channel, ChannelState.CLOSED);
        ModuleLookup.ofChannel(msg_.portId, msg_.channelId).onChanCloseInit(
            IIBCModule.MsgOnChanCloseInit(msg_.portId, msg_.channelId)
        );
    }

    function channelCloseConfirm(MsgChannelCloseConfirm calldata msg_) external {
        Channel storage channel = _closable(msg_.portId, msg_.channelId);
        Channel memory theirs = channel.counterpartyEnd(
            ChannelState.CLOSED, msg_.portId, msg_.channelId, channel.version
        );
        _verifyTheirs(channel, theirs, msg_.proofInit, msg_.proofHeight);
        _become(msg_.portId, msg_.channelId, channel, ChannelState.CLOSED);
        ModuleLookup.ofChannel(msg_.portId, msg_.channelId).onChanCloseConfirm(
            IIBCModule.MsgOnChanCloseConfirm(msg_.portId, msg_.channelId)
        );
    }

    /// The one connection of a new channel, which must know the channel's ordering.
    function _supportingConnection(Channel calldata wanted)
        private
        view
        returns (ConnectionEnd storage connection)
    {
        if (wanted.connection_hops.length != 1) {
            revert IBCChannelInvalidConnectionHopsLength(wanted.connection_hops.length);
        }
        connection = IBCStore.connections()[wanted.connection_hops[0]];
        if (connection.versions.length != 1) {
            revert IBCChannelConnectionMultipleVersionsFound(
                wanted.connection_hops[0], connection.versions.length
            );
        }
        if (
            wanted.ordering != Order.UNORDERED
                || !Versions.hasFeature(connection.versions[0], Versions.UNORDERED)
        ) revert IBCChannelConnectionFeatureNotSupported(wanted.ordering);
    }

    function _requireOpen(ConnectionEnd storage connection, string memory connectionId) private view {
        if (connection.state != ConnectionState.OPEN) {
            revert IBCChannelConnectionNotOpened(connectionId);
        }
    }

    function _verifyInit(MsgChannelOpenTry calldata msg_, ConnectionEnd storage connection) private {
        string[] memory hops = new string[](1);
        hops[0] = connection.counterparty.connection_id;
        Channel memory theirs = Channel(
            ChannelState.INIT,
            msg_.channel.ordering,
            ChannelCounterparty(msg_.portId, ""),
            hops,
            msg_.counterpartyVersion,
            0
        );
        bytes memory path = IBCPaths.channel(
            msg_.channel.counterparty.port_id, msg_.channel.counterparty.channel_id
        );
        _verify(connection, path, IBCCodec.encode(theirs), msg_.proofInit, msg_.proofHeight);
    }

    function _verifyTheirs(
        Channel storage channel,
        Channel memory theirs,
        bytes memory proof,
        Height memory height
    ) private {
        bytes memory path =
            IBCPaths.channel(channel.counterparty.port_id, channel.counterparty.channel_id);
        _verify(channel.connectionOf(), path, IBCCodec.encode(theirs), proof, height);
    }

    function _verify(
        ConnectionEnd storage connection,
        bytes memory path,
        bytes memory value,
        bytes memory proof,
        Height memory height
    ) private {
        if (!ConnectionProofs.isMember(connection, height, proof, path, value)) {
            revert IBCChannelFailedVerifyChannelState(
                connection.client_id, path, value, proof, height
            );
        }
    }

    function _newChannel(string calldata portId) private returns (string memory channelId) {
        uint256 number = IBCStore.host().nextChannelSequence++;
        channelId = string.concat("channel-", Strings.toString(number));
        ChannelRecord storage record = IBCStore.channels()[portId][channelId];
        record.nextSequenceSend = 1;
        record.nextSequenceRecv = 1;
        record.nextSequenceAck = 1;
        IBCStore.commit(
            IBCPaths.nextSequenceRecv(portId, channelId), abi.encodePacked(record.nextSequenceRecv)
        );
        emit GeneratedChannelIdentifier(channelId);
    }

    function _write(
        string calldata portId,
        string memory channelId,
        address module,
        Channel memory wanted,
        string memory version
    ) private {
        ModuleLookup.claimChannel(portId, channelId, module);
        Channel storage channel = IBCStore.channels()[portId][channelId].channel;
        channel.state = wanted.state;
        channel.ordering = wanted.ordering;
        channel.counterparty = wanted.counterparty;
        channel.connection_hops = wanted.connection_hops;
        channel.version = version;
        channel.commit(portId, channelId);
    }

    function _inState(string calldata portId, string calldata channelId, ChannelState wanted)
        private
        view
        returns (Channel storage channel)
    {
        channel = IBCStore.channels()[portId][channelId].channel;
        if (channel.state != wanted) revert IBCChannelUnexpectedChannelState(channel.state);
    }

    function _closable(string calldata portId, string calldata channelId)
        private
        view
        returns (Channel storage channel)
    {
        channel = IBCStore.channels()[portId][channelId].channel;
        if (channel.state == ChannelState.UNINITIALIZED) {
            revert IBCChannelChannelNotFound(portId, channelId);
        }
        if (channel.state == ChannelState.CLOSED) revert IBCChannelUnexpectedChannelState(channel.state);
        _requireOpen(channel.connectionOf(), channel.connection_hops[0]);
    }

    function _become(
        string calldata portId,
        string calldata channelId,
        Channel storage channel,
        ChannelState state
    ) private {
        channel.state = state;
        channel.commit(portId, channelId);
    }
}
