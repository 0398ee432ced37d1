// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Slice} from "./Slice.sol";

/// A place in a message: `at` is the next byte to read, `end` the first one past the message.
struct Cursor {
    uint256 at;
    uint256 end;
}

/// A range of a message's bytes.
struct Span {
    uint256 from;
    uint256 to;
}

/// Reads protobuf: fields in any order, unknown ones skipped, nothing read past the end.
library ProtoReader {
    error ProtoMalformed(uint256 at);

    function open(bytes memory data) internal pure returns (Cursor memory) {
        return Cursor(0, data.length);
    }

    function more(Cursor memory cursor) internal pure returns (bool) {
        return cursor.at < cursor.end;
    }

    /// The next field's number and wire type.
    function tag(bytes memory data, Cursor memory cursor)
        internal
        pure
        returns (uint64 field, uint8 wire)
    {
        uint64 key = varint(data, cursor);
        field = key >> 3;
        wire = uint8(key & 7);
        if (field == 0) revert ProtoMalformed(cursor.at);
    }

    function varint(bytes memory data, Cursor memory cursor) internal pure returns (uint64 value) {
        uint256 at = cursor.at;
        uint256 end = cursor.end;
        // `at` stays below `end`, which is a length in memory.
        unchecked {
            for (uint256 shift; shift < 64; shift += 7) {
                if (at >= end) revert ProtoMalformed(at);
                uint256 part;
                assembly ("memory-safe") {
                    part := byte(0, mload(add(add(data, 0x20), at)))
                }
                ++at;
                if (shift == 63 && part > 1) revert ProtoMalformed(at);
                value |= uint64((part & 0x7f) << shift);
                if (part < 0x80) {
                    cursor.at = at;
                    return value;
                }
            }
        }
        revert ProtoMalformed(at);
    }

    /// The range of a length-delimited field.
    function span(bytes memory data, Cursor memory cursor) internal pure returns (Span memory) {
        uint256 size = varint(data, cursor);
        if (size > cursor.end - cursor.at) revert ProtoMalformed(cursor.at);
        Span memory found = Span(cursor.at, cursor.at + size);
        cursor.at = found.to;
        return found;
    }

    function bytesOf(bytes memory data, Cursor memory cursor) internal pure returns (bytes memory) {
        return slice(data, span(data, cursor));
    }

    function slice(bytes memory data, Span memory range) internal pure returns (bytes memory) {
        return Slice.copy(data, range.from, range.to);
    }

    function skip(bytes memory data, Cursor memory cursor, uint8 wire) internal pure {
        if (wire == 0) varint(data, cursor);
        else if (wire == 1) _advance(cursor, 8);
        else if (wire == 2) span(data, cursor);
        else if (wire == 5) _advance(cursor, 4);
        else revert ProtoMalformed(cursor.at);
    }

    function _advance(Cursor memory cursor, uint256 count) private pure {
        if (count > cursor.end - cursor.at) revert ProtoMalformed(cursor.at);
        cursor.at += count;
    }
}
