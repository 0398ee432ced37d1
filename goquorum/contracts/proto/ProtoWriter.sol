// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

/// Protobuf with ascending field numbers below 16. Scalars, strings and bytes are left out when they
/// have their default; an embedded message is always written, as ibc-go does for those that its
/// definitions declare non-nullable. Other implementations compare these bytes.
library ProtoWriter {
    function varint(uint256 value) internal pure returns (bytes memory out) {
        if (value < 0x80) return abi.encodePacked(uint8(value));
        uint256 packed;
        uint256 size;
        // A varint of 64 bits has at most ten bytes: it is gathered in a word, first byte first.
        unchecked {
            for (; value >= 0x80; value >>= 7) packed |= ((value & 0x7f) | 0x80) << (248 - 8 * size++);
            packed |= value << (248 - 8 * size++);
        }
        out = new bytes(size);
        assembly ("memory-safe") {
            mstore(add(out, 0x20), packed)
        }
    }

    function number(uint8 field, uint64 value) internal pure returns (bytes memory) {
        return value == 0 ? bytes("") : abi.encodePacked(field << 3, varint(value));
    }

    function data(uint8 field, bytes memory value) internal pure returns (bytes memory) {
        return value.length == 0 ? bytes("") : message(field, value);
    }

    /// An embedded message, or one element of a repeated field: written even when empty.
    function message(uint8 field, bytes memory value) internal pure returns (bytes memory) {
        return abi.encodePacked((field << 3) | 2, varint(value.length), value);
    }
}
