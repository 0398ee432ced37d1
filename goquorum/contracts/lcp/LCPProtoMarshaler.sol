// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Height, HeightLib} from "../core/types/Height.sol";
import {ProtoAny} from "../proto/ProtoAny.sol";
import {ProtoFields} from "../proto/ProtoFields.sol";
import {ProtoReader} from "../proto/ProtoReader.sol";
import {ILCPClientErrors} from "./ILCPClientErrors.sol";
import {LCPCodec} from "./LCPCodec.sol";
import {LCPClientState} from "./LCPTypes.sol";

/// Reads the states of ibc.lightclients.lcp.v1. A linked library, because the light
/// client is too large for one contract with it.
library LCPProtoMarshaler {
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
        uint256 at;
        while (at < data.length) {
            uint256 field;
            (field,,, at) = ProtoReader.field(data, at, data.length);
            if (field > last) revert ProtoReader.ProtoMalformed(at);
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

    function _unpack(bytes memory any, string memory wanted) private pure returns (bytes memory value) {
        string memory typeUrl;
        (typeUrl, value) = ProtoAny.decode(any);
        if (keccak256(bytes(typeUrl)) != keccak256(bytes(wanted))) {
            revert ILCPClientErrors.LCPClientUnknownProtoTypeUrl();
        }
    }
}
