// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {ProtoFields} from "./ProtoFields.sol";
import {ProtoWriter} from "./ProtoWriter.sol";

/// google.protobuf.Any
library ProtoAny {
    function encode(string memory typeUrl, bytes memory value) internal pure returns (bytes memory) {
        return abi.encodePacked(ProtoWriter.data(1, bytes(typeUrl)), ProtoWriter.data(2, value));
    }

    function decode(bytes memory data)
        internal
        pure
        returns (string memory typeUrl, bytes memory value)
    {
        return (string(ProtoFields.one(data, 1)), ProtoFields.one(data, 2));
    }
}
