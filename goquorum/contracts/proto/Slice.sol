// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

library Slice {
    /// A copy of bytes [from, to), which must lie within `data`.
    function copy(bytes memory data, uint256 from, uint256 to) internal pure returns (bytes memory out) {
        assert(from <= to && to <= data.length);
        out = new bytes(to - from);
        assembly ("memory-safe") {
            let source := add(add(data, 0x20), from)
            let target := add(out, 0x20)
            let size := mload(out)
            // Whole words: what is written past the end lies in the padding of `out`.
            for { let i := 0 } lt(i, size) { i := add(i, 0x20) } {
                mstore(add(target, i), mload(add(source, i)))
            }
            // The padding stays zero.
            let rest := and(size, 0x1f)
            if rest {
                let last := add(target, sub(size, rest))
                mstore(last, and(mload(last), not(shr(mul(8, rest), not(0)))))
            }
        }
    }
}
