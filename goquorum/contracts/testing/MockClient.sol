// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {ILightClient} from "../core/client/ILightClient.sol";
import {Height, HeightLib} from "../core/types/Height.sol";
import {ProtoAny} from "../proto/ProtoAny.sol";

/// A light client for tests of the handler, which believes whoever knows the proof's formula:
/// sha256(height . sha256(prefix) . sha256(path) . sha256(value)). Never register it on a real chain.
///
/// A consensus state, which is an update as well, is an Any of abi.encode(height, timestamp).
contract MockClient is ILightClient {
    using HeightLib for Height;

    struct State {
        bytes clientState;
        uint128 latest;
        ClientStatus status;
        mapping(uint128 => uint64) timestamps;
        mapping(uint128 => bytes) consensusStates;
    }

    mapping(string => State) private _states;

    function initializeClient(string calldata clientId, bytes calldata clientState, bytes calldata state)
        external
        returns (Height memory height)
    {
        uint64 timestamp;
        (height, timestamp) = _decode(state);
        _states[clientId].clientState = clientState;
        _store(clientId, height, timestamp, state);
    }

    function routeUpdateClient(string calldata clientId, bytes calldata message)
        external
        pure
        returns (bytes4, bytes memory)
    {
        return (this.updateClient.selector, abi.encode(clientId, message));
    }

    function updateClient(string calldata clientId, bytes calldata message)
        external
        returns (Height[] memory heights)
    {
        (Height memory height, uint64 timestamp) = _decode(message);
        _store(clientId, height, timestamp, message);
        heights = new Height[](1);
        heights[0] = height;
    }

    function setStatus(string calldata clientId, ClientStatus status) external {
        _states[clientId].status = status;
    }

    function getTimestampAtHeight(string calldata clientId, Height calldata height)
        external
        view
        returns (uint64)
    {
        return _states[clientId].timestamps[height.pack()];
    }

    function getLatestHeight(string calldata clientId) external view returns (Height memory) {
        return HeightLib.unpack(_states[clientId].latest);
    }

    function getStatus(string calldata clientId) external view returns (ClientStatus) {
        return _states[clientId].status;
    }

    function getLatestInfo(string calldata clientId)
        external
        view
        returns (Height memory, uint64, ClientStatus)
    {
        State storage state = _states[clientId];
        return (HeightLib.unpack(state.latest), state.timestamps[state.latest], state.status);
    }

    function verifyMembership(
        string calldata,
        Height calldata height,
        uint64,
        uint64,
        bytes calldata proof,
        bytes memory prefix,
        bytes memory path,
        bytes calldata value
    ) external pure returns (bool) {
        bytes32 wanted =
            sha256(abi.encodePacked(height.pack(), sha256(prefix), sha256(path), sha256(value)));
        return keccak256(proof) == keccak256(abi.encodePacked(wanted));
    }

    function verifyNonMembership(
        string calldata,
        Height calldata height,
        uint64,
        uint64,
        bytes calldata proof,
        bytes calldata prefix,
        bytes calldata path
    ) external pure returns (bool) {
        bytes32 wanted = sha256(abi.encodePacked(height.pack(), sha256(prefix), sha256(path)));
        return keccak256(proof) == keccak256(abi.encodePacked(wanted));
    }

    function getClientState(string calldata clientId) external view returns (bytes memory, bool) {
        bytes memory state = _states[clientId].clientState;
        return (state, state.length > 0);
    }

    function getConsensusState(string calldata clientId, Height calldata height)
        external
        view
        returns (bytes memory, bool)
    {
        bytes memory state = _states[clientId].consensusStates[height.pack()];
        return (state, state.length > 0);
    }

    function _decode(bytes calldata state) private pure returns (Height memory, uint64) {
        (, bytes memory value) = ProtoAny.decode(state);
        return abi.decode(value, (Height, uint64));
    }

    function _store(string calldata clientId, Height memory height, uint64 timestamp, bytes calldata state)
        private
    {
        State storage client = _states[clientId];
        uint128 packed = height.pack();
        client.timestamps[packed] = timestamp;
        client.consensusStates[packed] = state;
        if (packed > client.latest) client.latest = packed;
    }
}
