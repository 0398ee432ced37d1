// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Slice} from "../proto/Slice.sol";

/// One DER element: [start, content) is its header, [content, end) its content.
struct Node {
    uint8 tag;
    uint256 start;
    uint256 content;
    uint256 end;
}

/// Walks DER (X.690) without copying; never past the element it is in.
library Der {
    uint8 internal constant INTEGER = 0x02;
    uint8 internal constant BIT_STRING = 0x03;
    uint8 internal constant OID = 0x06;
    uint8 internal constant SEQUENCE = 0x30;

    error DerMalformed(uint256 at);

    function root(bytes memory der) internal pure returns (Node memory node) {
        node = read(der, 0, der.length);
        if (node.end != der.length) revert DerMalformed(node.end);
    }

    function first(bytes memory der, Node memory parent) internal pure returns (Node memory) {
        return read(der, parent.content, parent.end);
    }

    function next(bytes memory der, Node memory node, Node memory parent)
        internal
        pure
        returns (Node memory)
    {
        return read(der, node.end, parent.end);
    }

    function expect(Node memory node, uint8 tag) internal pure returns (Node memory) {
        if (node.tag != tag) revert DerMalformed(node.start);
        return node;
    }

    /// The element at `at`; lengths of up to two bytes, in their shortest form.
    function read(bytes memory der, uint256 at, uint256 limit) internal pure returns (Node memory) {
        if (at + 2 > limit) revert DerMalformed(at);
        uint256 content = at + 2;
        uint256 size = uint8(der[at + 1]);
        if (size >= 0x80) {
            uint256 count = size & 0x7f;
            if (count == 0 || count > 2 || content + count > limit) revert DerMalformed(at);
            size = 0;
            for (uint256 i; i < count; ++i) size = (size << 8) | uint8(der[content + i]);
            if (size < 0x80 || (count == 2 && size < 0x100)) revert DerMalformed(at);
            content += count;
        }
        if (content + size > limit) revert DerMalformed(at);
        return Node(uint8(der[at]), at, content, content + size);
    }

    function contentOf(bytes memory der, Node memory node) internal pure returns (bytes memory) {
        return Slice.copy(der, node.content, node.end);
    }
}
