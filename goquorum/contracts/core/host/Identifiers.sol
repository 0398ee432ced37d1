// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

/// Rules of ICS-24 for identifiers, as yui-ibc-solidity draws them.
library Identifiers {
    uint256 private constant MIN_CLIENT_TYPE = 7;
    uint256 private constant MAX_CLIENT_TYPE = 62;
    uint256 private constant MIN_PORT = 2;
    uint256 private constant MAX_PORT = 128;

    /// Lower-case letters, digits and inner hyphens.
    function isClientType(bytes memory text) internal pure returns (bool) {
        uint256 last = text.length;
        if (last < MIN_CLIENT_TYPE || last > MAX_CLIENT_TYPE) return false;
        for (uint256 i; i < last; ++i) {
            bool inner = i != 0 && i != last - 1;
            if (!_isLower(text[i]) && !_isDigit(text[i]) && !(inner && text[i] == "-")) return false;
        }
        return true;
    }

    /// Letters, digits and . _ + - # [ ] < >
    function isPort(bytes memory text) internal pure returns (bool) {
        if (text.length < MIN_PORT || text.length > MAX_PORT) return false;
        for (uint256 i; i < text.length; ++i) {
            if (!_isPortCharacter(text[i])) return false;
        }
        return true;
    }

    function _isPortCharacter(bytes1 c) private pure returns (bool) {
        if (_isLower(c) || _isDigit(c) || (c >= "A" && c <= "Z")) return true;
        if (c == "." || c == "_" || c == "+" || c == "-") return true;
        return c == "#" || c == "[" || c == "]" || c == "<" || c == ">";
    }

    function _isLower(bytes1 c) private pure returns (bool) {
        return c >= "a" && c <= "z";
    }

    function _isDigit(bytes1 c) private pure returns (bool) {
        return c >= "0" && c <= "9";
    }
}
