// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Cursor, ProtoReader, Span} from "./ProtoReader.sol";

/// Looks fields of a message up by number. Of a field that stands more than once the last one
/// counts, as protobuf demands; an absent one has its default.
library ProtoFields {
    function number(bytes memory data, uint64 wanted) internal pure returns (uint64 value) {
        Cursor memory cursor = ProtoReader.open(data);
        while (ProtoReader.more(cursor)) {
            (uint64 field, uint8 wire) = ProtoReader.tag(data, cursor);
            if (field == wanted && wire == 0) value = ProtoReader.varint(data, cursor);
            else ProtoReader.skip(data, cursor, wire);
        }
    }

    function one(bytes memory data, uint64 wanted) internal pure returns (bytes memory) {
        Span memory last;
        Cursor memory cursor = ProtoReader.open(data);
        while (ProtoReader.more(cursor)) {
            (uint64 field, uint8 wire) = ProtoReader.tag(data, cursor);
            if (field == wanted && wire == 2) last = ProtoReader.span(data, cursor);
            else ProtoReader.skip(data, cursor, wire);
        }
        return ProtoReader.slice(data, last);
    }

    function all(bytes memory data, uint64 wanted) internal pure returns (bytes[] memory values) {
        values = new bytes[](_count(data, wanted));
        uint256 found;
        Cursor memory cursor = ProtoReader.open(data);
        while (ProtoReader.more(cursor)) {
            (uint64 field, uint8 wire) = ProtoReader.tag(data, cursor);
            if (field == wanted && wire == 2) values[found++] = ProtoReader.bytesOf(data, cursor);
            else ProtoReader.skip(data, cursor, wire);
        }
    }

    function allStrings(bytes memory data, uint64 wanted) internal pure returns (string[] memory values) {
        bytes[] memory found = all(data, wanted);
        values = new string[](found.length);
        for (uint256 i; i < found.length; ++i) values[i] = string(found[i]);
    }

    function _count(bytes memory data, uint64 wanted) private pure returns (uint256 count) {
        Cursor memory cursor = ProtoReader.open(data);
        while (ProtoReader.more(cursor)) {
            (uint64 field, uint8 wire) = ProtoReader.tag(data, cursor);
            if (field == wanted && wire == 2) ++count;
            ProtoReader.skip(data, cursor, wire);
        }
    }
}
