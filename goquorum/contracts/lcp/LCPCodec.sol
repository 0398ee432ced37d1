// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {HeightLib} from "../core/types/Height.sol";
import {IBCCodec} from "../proto/IBCCodec.sol";
import {ProtoAny} from "../proto/ProtoAny.sol";
import {ProtoWriter} from "../proto/ProtoWriter.sol";
import {LCPClientState, LCPConsensusState} from "./LCPTypes.sol";

/// Writes the states of ibc.lightclients.lcp.v1.
library LCPCodec {
    string internal constant CLIENT_STATE = "/ibc.lightclients.lcp.v1.ClientState";
    string internal constant CONSENSUS_STATE = "/ibc.lightclients.lcp.v1.ConsensusState";

    function encode(LCPClientState storage state) internal view returns (bytes memory) {
        bytes memory value = abi.encodePacked(
            ProtoWriter.data(1, abi.encodePacked(state.mrenclave)),
            ProtoWriter.number(2, state.keyExpiration),
            ProtoWriter.number(3, state.frozen ? 1 : 0),
            ProtoWriter.message(4, IBCCodec.encode(HeightLib.unpack(state.latestHeight))),
            _strings(5, state.allowedQuoteStatuses),
            _strings(6, state.allowedAdvisoryIds),
            _operators(state)
        );
        return ProtoAny.encode(CLIENT_STATE, value);
    }

    function encode(LCPConsensusState memory state) internal pure returns (bytes memory) {
        bytes memory value = abi.encodePacked(
            ProtoWriter.data(1, abi.encodePacked(state.stateId)), ProtoWriter.number(2, state.timestamp)
        );
        return ProtoAny.encode(CONSENSUS_STATE, value);
    }

    function _operators(LCPClientState storage state) private view returns (bytes memory out) {
        uint256 count = state.operators.length;
        for (uint256 i; i < count; ++i) {
            out = bytes.concat(out, ProtoWriter.message(7, abi.encodePacked(state.operators[i])));
        }
        return abi.encodePacked(
            out,
            ProtoWriter.number(8, state.operatorsNonce),
            ProtoWriter.number(9, state.thresholdNumerator),
            ProtoWriter.number(10, state.thresholdDenominator)
        );
    }

    function _strings(uint8 field, string[] storage values) private view returns (bytes memory out) {
        uint256 count = values.length;
        for (uint256 i; i < count; ++i) {
            out = bytes.concat(out, ProtoWriter.message(field, bytes(values[i])));
        }
    }
}
