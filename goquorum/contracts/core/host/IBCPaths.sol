// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {Height, HeightLib} from "../types/Height.sol";

/// Paths of ICS-24. A commitment's key is the path's keccak256.
library IBCPaths {
    using Strings for uint256;
    using HeightLib for Height;

    function clientState(string memory clientId) internal pure returns (bytes memory) {
        return abi.encodePacked("clients/", clientId, "/clientState");
    }

    function consensusState(string memory clientId, Height memory height)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked("clients/", clientId, "/consensusStates/", height.text());
    }

    function connection(string memory connectionId) internal pure returns (bytes memory) {
        return abi.encodePacked("connections/", connectionId);
    }

    function channel(string memory port, string memory channelId)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked("channelEnds/ports/", port, "/channels/", channelId);
    }

    function packetCommitment(string memory port, string memory channelId, uint64 sequence)
        internal
        pure
        returns (bytes memory)
    {
        return _ofPacket("commitments", port, channelId, sequence);
    }

    function packetAcknowledgement(string memory port, string memory channelId, uint64 sequence)
        internal
        pure
        returns (bytes memory)
    {
        return _ofPacket("acks", port, channelId, sequence);
    }

    function packetReceipt(string memory port, string memory channelId, uint64 sequence)
        internal
        pure
        returns (bytes memory)
    {
        return _ofPacket("receipts", port, channelId, sequence);
    }

    function nextSequenceRecv(string memory port, string memory channelId)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked("nextSequenceRecv/ports/", port, "/channels/", channelId);
    }

    function _ofPacket(string memory kind, string memory port, string memory channelId, uint64 sequence)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(
            kind, "/ports/", port, "/channels/", channelId, "/sequences/", uint256(sequence).toString()
        );
    }
}
