// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Height, HeightLib} from "../core/types/Height.sol";
import {ProtoAny} from "../proto/ProtoAny.sol";
import {ProtoFields} from "../proto/ProtoFields.sol";
import {Cursor, ProtoReader} from "../proto/ProtoReader.sol";
import {ILCPClientErrors} from "./ILCPClientErrors.sol";
import {LCPCodec} from "./LCPCodec.sol";
import {
    LCPClientState,
    RegisterEnclaveKeyMessage,
    UpdateClientMessage,
    UpdateOperatorsMessage
} from "./LCPTypes.sol";

/// Reads states and client messages of ibc.lightclients.lcp.v1. A linked library, because the light
/// client is too large for one contract with it.
library LCPProtoMarshaler {
    bytes32 internal constant UPDATE_CLIENT =
        keccak256("/ibc.lightclients.lcp.v1.UpdateClientMessage");
    bytes32 internal constant REGISTER_ENCLAVE_KEY =
        keccak256("/ibc.lightclients.lcp.v1.RegisterEnclaveKeyMessage");
    bytes32 internal constant UPDATE_OPERATORS =
        keccak256("/ibc.lightclients.lcp.v1.UpdateOperatorsMessage");

    /// A client state; a field that isn't known here is refused, because it would be lost.
    function clientState(bytes memory any) external pure returns (LCPClientState memory state) {
        bytes memory data = _unpack(any, LCPCodec.CLIENT_STATE);
        _requireKnown(data, 10);
        state.mrenclave = _mrenclave(ProtoFields.one(data, 1));
        state.keyExpiration = ProtoFields.number(data, 2);
        state.frozen = ProtoFields.number(data, 3) != 0;
        state.latestHeight = _height(ProtoFields.one(data, 4));
        state.allowedQuoteStatuses = ProtoFields.allStrings(data, 5);
        state.allowedAdvisoryIds = ProtoFields.allStrings(data, 6);
        state.operators = _addresses(ProtoFields.all(data, 7));
        state.operatorsNonce = ProtoFields.number(data, 8);
        state.thresholdNumerator = ProtoFields.number(data, 9);
        state.thresholdDenominator = ProtoFields.number(data, 10);
    }

    /// The consensus state that a client begins with has no content.
    function requireEmptyConsensusState(bytes memory any) external pure {
        bytes memory data = _unpack(any, LCPCodec.CONSENSUS_STATE);
        if (ProtoFields.one(data, 1).length != 0) {
            revert ILCPClientErrors.LCPClientConsensusStateInvalidStateId();
        }
        if (ProtoFields.number(data, 2) != 0) {
            revert ILCPClientErrors.LCPClientConsensusStateInvalidTimestamp();
        }
    }

    function _requireKnown(bytes memory data, uint64 last) private pure {
        Cursor memory cursor = ProtoReader.open(data);
        while (ProtoReader.more(cursor)) {
            (uint64 field, uint8 wire) = ProtoReader.tag(data, cursor);
            if (field > last) revert ProtoReader.ProtoMalformed(cursor.at);
            ProtoReader.skip(data, cursor, wire);
        }
    }

    function _mrenclave(bytes memory value) private pure returns (bytes32) {
        if (value.length != 32) revert ILCPClientErrors.LCPClientClientStateInvalidMrenclaveLength();
        return bytes32(value);
    }

    function _height(bytes memory data) private pure returns (uint128) {
        return HeightLib.pack(Height(ProtoFields.number(data, 1), ProtoFields.number(data, 2)));
    }

    function _addresses(bytes[] memory values) private pure returns (address[] memory found) {
        found = new address[](values.length);
        for (uint256 i; i < values.length; ++i) {
            if (values[i].length != 20) {
                revert ILCPClientErrors.LCPClientClientStateInvalidOperatorAddressLength();
            }
            found[i] = address(bytes20(values[i]));
        }
    }

    // --- client messages -----------------------------------------------------------------------

    /// A client message's type URL (hashed) and the arguments of the function that takes it.
    function route(string memory clientId, bytes memory any)
        external
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

    function _unpack(bytes memory any, string memory wanted) private pure returns (bytes memory value) {
        string memory typeUrl;
        (typeUrl, value) = ProtoAny.decode(any);
        if (keccak256(bytes(typeUrl)) != keccak256(bytes(wanted))) {
            revert ILCPClientErrors.LCPClientUnknownProtoTypeUrl();
        }
    }
}
