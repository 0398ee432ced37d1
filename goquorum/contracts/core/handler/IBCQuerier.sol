// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {ClientLookup} from "../client/ClientLookup.sol";
import {IBCPaths} from "../host/IBCPaths.sol";
import {IBCStore} from "../host/IBCStore.sol";
import {ModuleLookup} from "../router/ModuleLookup.sol";
import {Channel, ChannelState} from "../types/Channel.sol";
import {ConnectionEnd, ConnectionState} from "../types/Connection.sol";
import {Height} from "../types/Height.sol";

/// The handler's views.
abstract contract IBCQuerier {
    function getCommitmentPrefix() external pure returns (bytes memory) {
        return "ibc";
    }

    function getCommitmentsSlot() external pure returns (bytes32) {
        return IBCStore.COMMITMENTS;
    }

    function getCommitment(bytes32 hashedPath) external view returns (bytes32) {
        return IBCStore.commitments()[hashedPath];
    }

    function getRevisionNumber() external pure returns (uint64) {
        return 0;
    }

    function getExpectedTimePerBlock() external view returns (uint64) {
        return IBCStore.host().expectedTimePerBlock;
    }

    function getIBCModuleByPort(string calldata portId) external view returns (address) {
        return address(ModuleLookup.ofPort(portId));
    }

    function getIBCModuleByChannel(string calldata portId, string calldata channelId)
        external
        view
        returns (address)
    {
        return address(ModuleLookup.ofChannel(portId, channelId));
    }

    function getClientByType(string calldata clientType) external view returns (address) {
        return IBCStore.host().lightClients[clientType];
    }

    function getClientType(string calldata clientId) external view returns (string memory) {
        return IBCStore.clients()[clientId].clientType;
    }

    function getClient(string calldata clientId) external view returns (address) {
        return IBCStore.clients()[clientId].lightClient;
    }

    function getClientState(string calldata clientId) external view returns (bytes memory, bool) {
        return ClientLookup.lightClient(clientId).getClientState(clientId);
    }

    function getConsensusState(string calldata clientId, Height calldata height)
        external
        view
        returns (bytes memory consensusState, bool found)
    {
        return ClientLookup.lightClient(clientId).getConsensusState(clientId, height);
    }

    function getConnection(string calldata connectionId)
        external
        view
        returns (ConnectionEnd memory end, bool found)
    {
        end = IBCStore.connections()[connectionId];
        found = end.state != ConnectionState.UNINITIALIZED;
    }

    function getChannel(string calldata portId, string calldata channelId)
        external
        view
        returns (Channel memory channel, bool found)
    {
        channel = IBCStore.channels()[portId][channelId].channel;
        found = channel.state != ChannelState.UNINITIALIZED;
    }

    function getNextSequenceSend(string calldata portId, string calldata channelId)
        external
        view
        returns (uint64)
    {
        return IBCStore.channels()[portId][channelId].nextSequenceSend;
    }

    function getNextSequenceRecv(string calldata portId, string calldata channelId)
        external
        view
        returns (uint64)
    {
        return IBCStore.channels()[portId][channelId].nextSequenceRecv;
    }

    function getNextSequenceAck(string calldata portId, string calldata channelId)
        external
        view
        returns (uint64)
    {
        return IBCStore.channels()[portId][channelId].nextSequenceAck;
    }

    /// 1 when the packet was received, else 0.
    function getPacketReceipt(string calldata portId, string calldata channelId, uint64 sequence)
        external
        view
        returns (uint8)
    {
        bytes32 key = keccak256(IBCPaths.packetReceipt(portId, channelId, sequence));
        return IBCStore.commitments()[key] == bytes32(0) ? 0 : 1;
    }
}
