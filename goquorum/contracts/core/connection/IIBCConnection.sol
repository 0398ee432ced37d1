// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {ConnectionState, Counterparty, Version} from "../types/Connection.sol";
import {Height} from "../types/Height.sol";

interface IIBCConnection {
    struct MsgConnectionOpenInit {
        string clientId;
        Counterparty counterparty;
        Version version;
        uint64 delayPeriod;
    }

    struct MsgConnectionOpenTry {
        Counterparty counterparty;
        uint64 delayPeriod;
        string clientId;
        bytes clientStateBytes;
        Version[] counterpartyVersions;
        bytes proofInit;
        bytes proofClient;
        bytes proofConsensus;
        Height proofHeight;
        Height consensusHeight;
        bytes hostConsensusStateProof;
    }

    struct MsgConnectionOpenAck {
        string connectionId;
        bytes clientStateBytes;
        Version version;
        string counterpartyConnectionId;
        bytes proofTry;
        bytes proofClient;
        bytes proofConsensus;
        Height proofHeight;
        Height consensusHeight;
        bytes hostConsensusStateProof;
    }

    struct MsgConnectionOpenConfirm {
        string connectionId;
        bytes proofAck;
        Height proofHeight;
    }

    error IBCConnectionUnexpectedConnectionState(ConnectionState state);
    error IBCConnectionEmptyConnectionCounterpartyVersions();
    error IBCConnectionIBCVersionNotSupported();
    error IBCConnectionNoMatchingVersionFound();
    error IBCConnectionVersionIdentifierNotEmpty();
    error IBCConnectionInvalidCounterpartyConnectionIdentifier(string counterpartyConnectionId);
    error IBCConnectionInvalidHostConsensusStateProof();
    error IBCConnectionFailedVerifyConnectionState(
        string clientId, bytes path, bytes value, bytes proof, Height height
    );
    error IBCConnectionFailedVerifyClientState(
        string clientId, bytes path, bytes value, bytes proof, Height height
    );
    error IBCConnectionFailedVerifyClientConsensusState(
        string clientId, bytes path, bytes value, bytes proof, Height height
    );

    event GeneratedConnectionIdentifier(string connectionId);

    function connectionOpenInit(MsgConnectionOpenInit calldata msg_)
        external
        returns (string memory connectionId);

    function connectionOpenTry(MsgConnectionOpenTry calldata msg_)
        external
        returns (string memory connectionId);

    function connectionOpenAck(MsgConnectionOpenAck calldata msg_) external;

    function connectionOpenConfirm(MsgConnectionOpenConfirm calldata msg_) external;
}
