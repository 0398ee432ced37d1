// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {ProtoReader, Span} from "./ProtoReader.sol";
import {Slice} from "./Slice.sol";

/// Looks fields of a message up by number. Of a field that stands more than once the last one
/// counts, as protobuf demands; an absent one has its default. A message inside another is read where
/// it lies: only what is asked for is copied.
library ProtoFields {
    function number(bytes memory data, Span message, uint64 wanted) internal pure returns (uint64 value) {
        (uint256 at, uint256 end) = ProtoReader.bounds(message);
        while (at < end) {
            uint256 field;
            uint256 wire;
            uint256 from;
            (field, wire, from, at) = ProtoReader.field(data, at, end);
            if (field == wanted && wire == ProtoReader.VARINT) {
                (uint256 found,) = ProtoReader.varint(data, from, at);
                value = uint64(found);
            }
        }
    }

    function number(bytes memory data, uint64 wanted) internal pure returns (uint64) {
        return number(data, ProtoReader.whole(data), wanted);
    }

    /// Where a field's bytes are; an empty range for none.
    function find(bytes memory data, Span message, uint64 wanted) internal pure returns (Span last) {
        (uint256 at, uint256 end) = ProtoReader.bounds(message);
        while (at < end) {
            uint256 field;
            uint256 wire;
            uint256 from;
            (field, wire, from, at) = ProtoReader.field(data, at, end);
            if (field == wanted && wire == ProtoReader.BYTES) last = ProtoReader.span(from, at);
        }
    }

    function find(bytes memory data, uint64 wanted) internal pure returns (Span) {
        return find(data, ProtoReader.whole(data), wanted);
    }

    function one(bytes memory data, Span message, uint64 wanted) internal pure returns (bytes memory) {
        return copy(data, find(data, message, wanted));
    }

    function one(bytes memory data, uint64 wanted) internal pure returns (bytes memory) {
        return one(data, ProtoReader.whole(data), wanted);
    }

    /// Where the elements of a repeated field are.
    function findAll(bytes memory data, Span message, uint64 wanted)
        internal
        pure
        returns (Span[] memory spans)
    {
        spans = new Span[](_count(data, message, wanted));
        uint256 found;
        (uint256 at, uint256 end) = ProtoReader.bounds(message);
        while (at < end) {
            uint256 field;
            uint256 wire;
            uint256 from;
            (field, wire, from, at) = ProtoReader.field(data, at, end);
            if (field == wanted && wire == ProtoReader.BYTES) {
                spans[found++] = ProtoReader.span(from, at);
            }
        }
    }

    function all(bytes memory data, Span message, uint64 wanted)
        internal
        pure
        returns (bytes[] memory values)
    {
        Span[] memory spans = findAll(data, message, wanted);
        values = new bytes[](spans.length);
        for (uint256 i; i < spans.length; ++i) values[i] = copy(data, spans[i]);
    }

    function all(bytes memory data, uint64 wanted) internal pure returns (bytes[] memory) {
        return all(data, ProtoReader.whole(data), wanted);
    }

    function allStrings(bytes memory data, uint64 wanted) internal pure returns (string[] memory values) {
        bytes[] memory found = all(data, wanted);
        values = new string[](found.length);
        for (uint256 i; i < found.length; ++i) values[i] = string(found[i]);
    }

    function copy(bytes memory data, Span range) internal pure returns (bytes memory) {
        (uint256 from, uint256 to) = ProtoReader.bounds(range);
        return Slice.copy(data, from, to);
    }

    /// keccak256 of a range, which isn't copied.
    function hash(bytes memory data, Span range) internal pure returns (bytes32 hashed) {
        (uint256 from, uint256 to) = ProtoReader.bounds(range);
        assembly ("memory-safe") {
            hashed := keccak256(add(add(data, 0x20), from), sub(to, from))
        }
    }

    function _count(bytes memory data, Span message, uint64 wanted) private pure returns (uint256 count) {
        (uint256 at, uint256 end) = ProtoReader.bounds(message);
        while (at < end) {
            uint256 field;
            uint256 wire;
            (field, wire,, at) = ProtoReader.field(data, at, end);
            if (field == wanted && wire == ProtoReader.BYTES) ++count;
        }
    }
}
