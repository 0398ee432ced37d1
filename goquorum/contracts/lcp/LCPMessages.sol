// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {ProtoFields} from "../proto/ProtoFields.sol";
import {Span} from "../proto/ProtoReader.sol";
import {ILCPClientErrors} from "./ILCPClientErrors.sol";
import {
    RegisterEnclaveKeyMessage,
    UpdateClientMessage,
    UpdateOperatorsMessage
} from "./LCPTypes.sol";

/// Reads the client messages of ibc.lightclients.lcp.v1.
library LCPMessages {
    bytes32 internal constant UPDATE_CLIENT =
        keccak256("/ibc.lightclients.lcp.v1.UpdateClientMessage");
    bytes32 internal constant REGISTER_ENCLAVE_KEY =
        keccak256("/ibc.lightclients.lcp.v1.RegisterEnclaveKeyMessage");
    bytes32 internal constant UPDATE_OPERATORS =
        keccak256("/ibc.lightclients.lcp.v1.UpdateOperatorsMessage");

    /// A client message's type URL (hashed) and the arguments of the function that takes it.
    function route(string memory clientId, bytes memory any)
        internal
        pure
        returns (bytes32 kind, bytes memory args)
    {
        kind = ProtoFields.hash(any, ProtoFields.find(any, 1));
        Span message = ProtoFields.find(any, 2);
        if (kind == UPDATE_CLIENT) {
            args = abi.encode(clientId, _updateClient(any, message));
        } else if (kind == REGISTER_ENCLAVE_KEY) {
            args = abi.encode(clientId, _registerEnclaveKey(any, message));
        } else if (kind == UPDATE_OPERATORS) {
            args = abi.encode(clientId, _updateOperators(any, message));
        } else {
            revert ILCPClientErrors.LCPClientUnknownProtoTypeUrl();
        }
    }

    function _updateClient(bytes memory data, Span message)
        private
        pure
        returns (UpdateClientMessage memory)
    {
        return UpdateClientMessage(ProtoFields.one(data, message, 1), ProtoFields.all(data, message, 2));
    }

    function _registerEnclaveKey(bytes memory data, Span message)
        private
        pure
        returns (RegisterEnclaveKeyMessage memory)
    {
        return RegisterEnclaveKeyMessage(
            ProtoFields.one(data, message, 1),
            ProtoFields.one(data, message, 2),
            ProtoFields.one(data, message, 3),
            ProtoFields.one(data, message, 4)
        );
    }

    function _updateOperators(bytes memory data, Span message)
        private
        pure
        returns (UpdateOperatorsMessage memory)
    {
        return UpdateOperatorsMessage(
            ProtoFields.number(data, message, 1),
            ProtoFields.all(data, message, 2),
            ProtoFields.number(data, message, 3),
            ProtoFields.number(data, message, 4),
            ProtoFields.all(data, message, 5)
        );
    }
}
