// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {ProtoAny} from "../proto/ProtoAny.sol";
import {ProtoFields} from "../proto/ProtoFields.sol";
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
        (string memory typeUrl, bytes memory data) = ProtoAny.decode(any);
        kind = keccak256(bytes(typeUrl));
        if (kind == UPDATE_CLIENT) {
            args = abi.encode(clientId, _updateClient(data));
        } else if (kind == REGISTER_ENCLAVE_KEY) {
            args = abi.encode(clientId, _registerEnclaveKey(data));
        } else if (kind == UPDATE_OPERATORS) {
            args = abi.encode(clientId, _updateOperators(data));
        } else {
            revert ILCPClientErrors.LCPClientUnknownProtoTypeUrl();
        }
    }

    function _updateClient(bytes memory data) private pure returns (UpdateClientMessage memory) {
        return UpdateClientMessage(ProtoFields.one(data, 1), ProtoFields.all(data, 2));
    }

    function _registerEnclaveKey(bytes memory data)
        private
        pure
        returns (RegisterEnclaveKeyMessage memory)
    {
        return RegisterEnclaveKeyMessage(
            ProtoFields.one(data, 1),
            ProtoFields.one(data, 2),
            ProtoFields.one(data, 3),
            ProtoFields.one(data, 4)
        );
    }

    function _updateOperators(bytes memory data) private pure returns (UpdateOperatorsMessage memory) {
        return UpdateOperatorsMessage(
            ProtoFields.number(data, 1),
            ProtoFields.all(data, 2),
            ProtoFields.number(data, 3),
            ProtoFields.number(data, 4),
            ProtoFields.all(data, 5)
        );
    }
}
