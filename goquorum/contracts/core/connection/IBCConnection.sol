// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IBCCodec} from "../../proto/IBCCodec.sol";
import {ClientLookup} from "../client/ClientLookup.sol";
import {IBCPaths} from "../host/IBCPaths.sol";
import {IBCStore} from "../host/IBCStore.sol";
import {
    ConnectionEnd, ConnectionState, Counterparty, MerklePrefix, Version
} from "../types/Connection.sol";
import {Height} from "../types/Height.sol";
import {IIBCConnection} from "./IIBCConnection.sol";
import {Versions} from "./Versions.sol";

/// ICS-03. Runs by delegatecall in the handler's storage. GoQuorum can't judge a client state of
/// itself, so the counterparty's claim is not compared: the consensus state that the relayer hands
/// in must be the one that the counterparty is proven to hold, and the counterparty judges it.
contract IBCConnection is IIBCConnection {
    bytes private constant PREFIX = "ibc";

    /// A proof and what it is held against.
    struct Claim {
        bytes path;
        bytes value;
        bytes proof;
        Height height;
    }

    function connectionOpenInit(MsgConnectionOpenInit calldata msg_)
        external
        returns (string memory connectionId)
    {
        ClientLookup.lightClient(msg_.clientId);
        if (bytes(msg_.counterparty.connection_id).length > 0) {
            revert IBCConnectionInvalidCounterpartyConnectionIdentifier(msg_.counterparty.connection_id);
        }
        connectionId = _nextIdentifier();
        ConnectionEnd storage end = IBCStore.connections()[connectionId];
        end.client_id = msg_.clientId;
        end.versions.push(_proposed(msg_.version));
        end.state = ConnectionState.INIT;
        end.delay_period = msg_.delayPeriod;
        end.counterparty = msg_.counterparty;
        _commit(connectionId, end);
        emit GeneratedConnectionIdentifier(connectionId);
    }

    function connectionOpenTry(MsgConnectionOpenTry calldata msg_)
        external
        returns (string memory connectionId)
    {
        if (msg_.counterpartyVersions.length == 0) {
            revert IBCConnectionEmptyConnectionCounterpartyVersions();
        }
        connectionId = _nextIdentifier();
        ConnectionEnd storage end = IBCStore.connections()[connectionId];
        end.client_id = msg_.clientId;
        end.versions.push(Versions.pick(msg_.counterpartyVersions));
        end.state = ConnectionState.TRYOPEN;
        end.delay_period = msg_.delayPeriod;
        end.counterparty = msg_.counterparty;
        _verifyEnd(
            end,
            msg_.counterparty.connection_id,
            _expected(end, ConnectionState.INIT, msg_.counterpartyVersions, ""),
            msg_.proofInit,
            msg_.proofHeight
        );
        _verifyClientState(end, msg_.clientStateBytes, msg_.proofClient, msg_.proofHeight);
        _verifyConsensusState(
            end, msg_.consensusHeight, msg_.hostConsensusStateProof, msg_.proofConsensus, msg_.proofHeight
        );
        _commit(connectionId, end);
        emit GeneratedConnectionIdentifier(connectionId);
    }

    function connectionOpenAck(MsgConnectionOpenAck calldata msg_) external {
        ConnectionEnd storage end = _inState(msg_.connectionId, ConnectionState.INIT);
        if (!Versions.isWithin(msg_.version, end.versions[0])) {
            revert IBCConnectionIBCVersionNotSupported();
        }
        Version[] memory versions = new Version[](1);
        versions[0] = msg_.version;
        _verifyEnd(
            end,
            msg_.counterpartyConnectionId,
            _expected(end, ConnectionState.TRYOPEN, versions, msg_.connectionId),
            msg_.proofTry,
            msg_.proofHeight
        );
        _verifyClientState(end, msg_.clientStateBytes, msg_.proofClient, msg_.proofHeight);
        _verifyConsensusState(
            end, msg_.consensusHeight, msg_.hostConsensusStateProof, msg_.proofConsensus, msg_.proofHeight
        );
        end.state = ConnectionState.OPEN;
        end.counterparty.connection_id = msg_.counterpartyConnectionId;
        end.versions[0] = msg_.version;
        _commit(msg_.connectionId, end);
    }

    function connectionOpenConfirm(MsgConnectionOpenConfirm calldata msg_) external {
        ConnectionEnd storage end = _inState(msg_.connectionId, ConnectionState.TRYOPEN);
        _verifyEnd(
            end,
            end.counterparty.connection_id,
            _expected(end, ConnectionState.OPEN, end.versions, msg_.connectionId),
            msg_.proofAck,
            msg_.proofHeight
        );
        end.state = ConnectionState.OPEN;
        _commit(msg_.connectionId, end);
    }

    function _nextIdentifier() private returns (string memory) {
        return string.concat("connection-", Strings.toString(uint256(IBCStore.host().nextConnectionSequence++)));
    }

    function _inState(string calldata connectionId, ConnectionState wanted)
        private
        view
        returns (ConnectionEnd storage end)
    {
        end = IBCStore.connections()[connectionId];
        if (end.state != wanted) revert IBCConnectionUnexpectedConnectionState(end.state);
    }

    /// The version of a new connection: the proposal, or all that we support where there is none.
    function _proposed(Version calldata version) private pure returns (Version memory) {
        if (version.features.length == 0) {
            if (bytes(version.identifier).length > 0) revert IBCConnectionVersionIdentifierNotEmpty();
            return Versions.supported();
        }
        if (!Versions.isWithin(version, Versions.supported())) {
            revert IBCConnectionIBCVersionNotSupported();
        }
        return version;
    }

    /// What the counterparty must have committed for `end` to go on.
    function _expected(
        ConnectionEnd storage end,
        ConnectionState state,
        Version[] memory versions,
        string memory connectionId
    ) private view returns (bytes memory) {
        return IBCCodec.encode(
            ConnectionEnd(
                end.counterparty.client_id,
                versions,
                state,
                Counterparty(end.client_id, connectionId, MerklePrefix(PREFIX)),
                end.delay_period
            )
        );
    }

    function _commit(string memory connectionId, ConnectionEnd storage end) private {
        IBCStore.commit(IBCPaths.connection(connectionId), IBCCodec.encode(end));
    }

    function _verifyEnd(
        ConnectionEnd storage end,
        string memory counterpartyConnectionId,
        bytes memory value,
        bytes memory proof,
        Height memory height
    ) private {
        Claim memory claim = Claim(IBCPaths.connection(counterpartyConnectionId), value, proof, height);
        if (_isProven(end, claim)) return;
        revert IBCConnectionFailedVerifyConnectionState(
            end.client_id, claim.path, claim.value, claim.proof, claim.height
        );
    }

    function _verifyClientState(
        ConnectionEnd storage end,
        bytes memory value,
        bytes memory proof,
        Height memory height
    ) private {
        Claim memory claim =
            Claim(IBCPaths.clientState(end.counterparty.client_id), value, proof, height);
        if (_isProven(end, claim)) return;
        revert IBCConnectionFailedVerifyClientState(
            end.client_id, claim.path, claim.value, claim.proof, claim.height
        );
    }

    function _verifyConsensusState(
        ConnectionEnd storage end,
        Height memory consensusHeight,
        bytes memory value,
        bytes memory proof,
        Height memory height
    ) private {
        if (value.length == 0) revert IBCConnectionInvalidHostConsensusStateProof();
        Claim memory claim = Claim(
            IBCPaths.consensusState(end.counterparty.client_id, consensusHeight), value, proof, height
        );
        if (_isProven(end, claim)) return;
        revert IBCConnectionFailedVerifyClientConsensusState(
            end.client_id, claim.path, claim.value, claim.proof, claim.height
        );
    }

    function _isProven(ConnectionEnd storage end, Claim memory claim) private returns (bool) {
        string memory clientId = end.client_id;
        return ClientLookup.lightClient(clientId).verifyMembership(
            clientId,
            claim.height,
            0,
            0,
            claim.proof,
            end.counterparty.prefix.key_prefix,
            claim.path,
            claim.value
        );
    }
}
