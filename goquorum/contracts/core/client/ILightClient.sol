// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Height} from "../types/Height.sol";

/// What the handler asks of a light client (ICS-02). Timestamps are in nanoseconds.
interface ILightClient {
    enum ClientStatus {
        Active,
        Expired,
        Frozen
    }

    /// Makes a client; only the handler may call it. Returns the height of the first state.
    function initializeClient(
        string calldata clientId,
        bytes calldata protoClientState,
        bytes calldata protoConsensusState
    ) external returns (Height memory height);

    /// Which function takes this message, and its arguments.
    function routeUpdateClient(string calldata clientId, bytes calldata protoClientMessage)
        external
        pure
        returns (bytes4 selector, bytes memory args);

    function getTimestampAtHeight(string calldata clientId, Height calldata height)
        external
        view
        returns (uint64);

    function getLatestHeight(string calldata clientId) external view returns (Height memory);

    function getStatus(string calldata clientId) external view returns (ClientStatus);

    function getLatestInfo(string calldata clientId)
        external
        view
        returns (Height memory latestHeight, uint64 latestTimestamp, ClientStatus status);

    function verifyMembership(
        string calldata clientId,
        Height calldata height,
        uint64 delayTimePeriod,
        uint64 delayBlockPeriod,
        bytes calldata proof,
        bytes calldata prefix,
        bytes calldata path,
        bytes calldata value
    ) external returns (bool);

    function verifyNonMembership(
        string calldata clientId,
        Height calldata height,
        uint64 delayTimePeriod,
        uint64 delayBlockPeriod,
        bytes calldata proof,
        bytes calldata prefix,
        bytes calldata path
    ) external returns (bool);

    function getClientState(string calldata clientId) external view returns (bytes memory, bool);

    function getConsensusState(string calldata clientId, Height calldata height)
        external
        view
        returns (bytes memory consensusState, bool found);
}
