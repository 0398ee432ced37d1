// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Height} from "../types/Height.sol";

interface IIBCClient {
    struct MsgCreateClient {
        string clientType;
        bytes protoClientState;
        bytes protoConsensusState;
    }

    struct MsgUpdateClient {
        string clientId;
        bytes protoClientMessage;
    }

    error IBCClientUnregisteredClientType(string clientType);
    error IBCClientClientNotFound(string clientId);
    error IBCClientNotActiveClient(string clientId);
    error IBCClientFailedUpdateClient(bytes4 selector, bytes args);
    error IBCClientConsensusStateNotFound(string clientId, Height consensusHeight);
    error IBCClientInconsistentConsensusStateCommitment(
        bytes32 commitmentKey, bytes32 commitment, bytes32 prev
    );

    event GeneratedClientIdentifier(string clientId);

    /// Makes a client of a registered type.
    function createClient(MsgCreateClient calldata msg_) external returns (string memory clientId);

    /// Gives a message to the light client and commits the states that it answers with.
    function updateClient(MsgUpdateClient calldata msg_) external;

    /// Which light client takes the message, by which function, with which arguments.
    function routeUpdateClient(MsgUpdateClient calldata msg_)
        external
        view
        returns (address lightClient, bytes4 selector, bytes memory args);

    /// Commits states of a client that was updated without the handler.
    function updateClientCommitments(string calldata clientId, Height[] calldata heights) external;
}
