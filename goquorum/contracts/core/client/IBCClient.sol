// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IBCPaths} from "../host/IBCPaths.sol";
import {ClientRecord, HostStorage, IBCStore} from "../host/IBCStore.sol";
import {Height} from "../types/Height.sol";
import {ClientLookup} from "./ClientLookup.sol";
import {IIBCClient} from "./IIBCClient.sol";
import {ILightClient} from "./ILightClient.sol";

/// ICS-02. Runs by delegatecall in the handler's storage.
contract IBCClient is IIBCClient {
    function createClient(MsgCreateClient calldata msg_) external returns (string memory clientId) {
        HostStorage storage host = IBCStore.host();
        address lightClient = host.lightClients[msg_.clientType];
        if (lightClient == address(0)) revert IBCClientUnregisteredClientType(msg_.clientType);
        clientId =
            string.concat(msg_.clientType, "-", Strings.toString(uint256(host.nextClientSequence++)));
        IBCStore.clients()[clientId] = ClientRecord(msg_.clientType, lightClient);
        Height memory height = ILightClient(lightClient).initializeClient(
            clientId, msg_.protoClientState, msg_.protoConsensusState
        );
        IBCStore.commit(IBCPaths.clientState(clientId), msg_.protoClientState);
        IBCStore.commit(IBCPaths.consensusState(clientId, height), msg_.protoConsensusState);
        emit GeneratedClientIdentifier(clientId);
    }

    function updateClient(MsgUpdateClient calldata msg_) external {
        (address lightClient, bytes4 selector, bytes memory args) = routeUpdateClient(msg_);
        (bool success, bytes memory answer) = lightClient.call(abi.encodePacked(selector, args));
        if (!success) {
            if (answer.length == 0) revert IBCClientFailedUpdateClient(selector, args);
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        Height[] memory heights = abi.decode(answer, (Height[]));
        if (heights.length > 0) _commitStates(msg_.clientId, ILightClient(lightClient), heights);
    }

    function routeUpdateClient(MsgUpdateClient calldata msg_)
        public
        view
        returns (address, bytes4, bytes memory)
    {
        ILightClient lightClient = ClientLookup.lightClient(msg_.clientId);
        (bytes4 selector, bytes memory args) =
            lightClient.routeUpdateClient(msg_.clientId, msg_.protoClientMessage);
        return (address(lightClient), selector, args);
    }

    function updateClientCommitments(string calldata clientId, Height[] calldata heights) external {
        _commitStates(clientId, ClientLookup.lightClient(clientId), heights);
    }

    function _commitStates(string calldata clientId, ILightClient lightClient, Height[] memory heights)
        private
    {
        (bytes memory clientState, bool found) = lightClient.getClientState(clientId);
        if (!found) revert IBCClientClientNotFound(clientId);
        IBCStore.commit(IBCPaths.clientState(clientId), clientState);
        for (uint256 i; i < heights.length; ++i) {
            _commitConsensusState(clientId, lightClient, heights[i]);
        }
    }

    /// A height's state is committed once and never becomes another.
    function _commitConsensusState(string calldata clientId, ILightClient lightClient, Height memory height)
        private
    {
        (bytes memory state, bool found) = lightClient.getConsensusState(clientId, height);
        if (!found) revert IBCClientConsensusStateNotFound(clientId, height);
        mapping(bytes32 => bytes32) storage commitments = IBCStore.commitments();
        bytes32 key = keccak256(IBCPaths.consensusState(clientId, height));
        bytes32 commitment = keccak256(state);
        bytes32 former = commitments[key];
        if (former != bytes32(0) && former != commitment) {
            revert IBCClientInconsistentConsensusStateCommitment(key, commitment, former);
        }
        commitments[key] = commitment;
    }
}
