// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

/// A range of bytes: its first in the upper half, the one past its last in the lower.
type Span is uint256;

/// Reads protobuf in place: fields in any order, unknown ones skipped, nothing read past the end.
library ProtoReader {
    error ProtoMalformed(uint256 at);

    uint256 internal constant VARINT = 0;
    uint256 internal constant BYTES = 2;

    function span(uint256 from, uint256 to) internal pure returns (Span) {
        return Span.wrap(from << 128 | to);
    }

    function whole(bytes memory data) internal pure returns (Span) {
        return Span.wrap(data.length);
    }

    function bounds(Span range) internal pure returns (uint256 from, uint256 to) {
        return (Span.unwrap(range) >> 128, uint128(Span.unwrap(range)));
    }

    /// The field that begins at `at`: number, wire type, and where its content lies; the next field
    /// begins at `to`.
    function field(bytes memory data, uint256 at, uint256 end)
        internal
        pure
        returns (uint256 number, uint256 wire, uint256 from, uint256 to)
    {
        (number, from) = varint(data, at, end);
        wire = number & 7;
        number >>= 3;
        if (number == 0) revert ProtoMalformed(from);
        if (wire == BYTES) {
            uint256 size;
            (size, from) = varint(data, from, end);
            to = _past(from, size, end);
        } else if (wire == VARINT) {
            (, to) = varint(data, from, end);
        } else if (wire == 1) {
            to = _past(from, 8, end);
        } else if (wire == 5) {
            to = _past(from, 4, end);
        } else {
            revert ProtoMalformed(from);
        }
    }

    /// A number of at most 64 bits, and what follows it. Most have one byte: those cost least.
    function varint(bytes memory data, uint256 at, uint256 end)
        internal
        pure
        returns (uint256 value, uint256 next)
    {
        if (at >= end) revert ProtoMalformed(at);
        value = _byteAt(data, at);
        unchecked {
            next = at + 1;
        }
        if (value >= 0x80) (value, next) = _longVarint(data, next, end, value & 0x7f);
    }

    function _longVarint(bytes memory data, uint256 at, uint256 end, uint256 value)
        private
        pure
        returns (uint256, uint256)
    {
        // `at` stays below `end`, which is a length in memory.
        unchecked {
            for (uint256 shift = 7; shift < 64; shift += 7) {
                if (at >= end) revert ProtoMalformed(at);
                uint256 part = _byteAt(data, at++);
                if (part < 0x80) {
                    if (shift == 63 && part > 1) revert ProtoMalformed(at);
                    return (value | part << shift, at);
                }
                value |= (part & 0x7f) << shift;
            }
        }
        revert ProtoMalformed(at);
    }

    function _byteAt(bytes memory data, uint256 at) private pure returns (uint256 found) {
        assembly ("memory-safe") {
            found := byte(0, mload(add(add(data, 0x20), at)))
        }
    }

    /// `at <= end`, and both are lengths in memory.
    function _past(uint256 at, uint256 size, uint256 end) private pure returns (uint256) {
        unchecked {
            if (size > end - at) revert ProtoMalformed(at);
            return at + size;
        }
    }
}
