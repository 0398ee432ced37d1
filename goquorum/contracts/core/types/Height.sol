// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// A height of ICS-02: (revision, block). GoQuorum's revision is 0.
struct Height {
    uint64 revision_number;
    uint64 revision_height;
}

library HeightLib {
    using Strings for uint256;

    function isZero(Height memory height) internal pure returns (bool) {
        return height.revision_number == 0 && height.revision_height == 0;
    }

    /// Revision in the upper, block in the lower half: heights compare as these numbers do.
    function pack(Height memory height) internal pure returns (uint128) {
        return (uint128(height.revision_number) << 64) | height.revision_height;
    }

    function unpack(uint128 packed) internal pure returns (Height memory) {
        return Height(uint64(packed >> 64), uint64(packed));
    }

    function eq(Height memory left, Height memory right) internal pure returns (bool) {
        return pack(left) == pack(right);
    }

    function gte(Height memory left, Height memory right) internal pure returns (bool) {
        return pack(left) >= pack(right);
    }

    /// "revision-block", as it stands in paths.
    function text(Height memory height) internal pure returns (string memory) {
        return string.concat(
            uint256(height.revision_number).toString(), "-", uint256(height.revision_height).toString()
        );
    }
}
