// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

/// Protobuf with ascending field numbers below 16. Scalars, strings and bytes are left out when they
/// have their default; an embedded message is always written, as ibc-go does for those that its
/// definitions declare non-nullable. Other implementations compare these bytes.
library ProtoWriter {
    function varint(uint256 value) internal pure returns (bytes memory out) {
        uint256 size = 1;
        for (uint256 rest = value >> 7; rest != 0; rest >>= 7) ++size;
        out = new bytes(size);
        for (uint256 i; i < size; ++i) {
            out[i] = bytes1(uint8((value & 0x7f) | (i + 1 < size ? 0x80 : 0)));
            value >>= 7;
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
