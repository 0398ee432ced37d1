// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Version} from "../types/Connection.sol";
import {IIBCConnection} from "./IIBCConnection.sol";

/// Connection versions (ICS-03): one is known, "1", with ordered and unordered channels.
library Versions {
    string internal constant IDENTIFIER = "1";
    string internal constant ORDERED = "ORDER_ORDERED";
    string internal constant UNORDERED = "ORDER_UNORDERED";

    function supported() internal pure returns (Version memory version) {
        version.identifier = IDENTIFIER;
        version.features = new string[](2);
        version.features[0] = ORDERED;
        version.features[1] = UNORDERED;
    }

    /// Whether `proposed` asks for nothing beyond `known`.
    function isWithin(Version memory proposed, Version memory known) internal pure returns (bool) {
        if (!_same(proposed.identifier, known.identifier) || proposed.features.length == 0) return false;
        for (uint256 i; i < proposed.features.length; ++i) {
            if (!hasFeature(known, proposed.features[i])) return false;
        }
        return true;
    }

    /// Our version with the features that the counterparty knows as well. Of several of one identifier
    /// the first counts, as in ibc-go.
    function pick(Version[] memory offered) internal pure returns (Version memory picked) {
        Version memory known = supported();
        for (uint256 i; i < offered.length; ++i) {
            if (!_same(offered[i].identifier, known.identifier)) continue;
            picked = Version(known.identifier, _common(known.features, offered[i]));
            if (picked.features.length > 0) return picked;
            break;
        }
        revert IIBCConnection.IBCConnectionNoMatchingVersionFound();
    }

    function hasFeature(Version memory version, string memory feature) internal pure returns (bool) {
        for (uint256 i; i < version.features.length; ++i) {
            if (_same(version.features[i], feature)) return true;
        }
        return false;
    }

    function _common(string[] memory features, Version memory other)
        private
        pure
        returns (string[] memory common)
    {
        common = new string[](features.length);
        uint256 count;
        for (uint256 i; i < features.length; ++i) {
            if (hasFeature(other, features[i])) common[count++] = features[i];
        }
        assembly ("memory-safe") {
            mstore(common, count)
        }
    }

    function _same(string memory left, string memory right) private pure returns (bool) {
        return keccak256(bytes(left)) == keccak256(bytes(right));
    }
}
