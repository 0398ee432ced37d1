// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

/// What a quote says: flags and measurement of the enclave, and its report data of type 1.
struct Quote {
    bool debug;
    bytes32 mrenclave;
    address enclaveKey;
    address operator;
}

/// The SGX quote body of an attestation report: 432 bytes in 576 characters of Base64.
library QuoteReader {
    uint256 internal constant ENCODED = 576;
    uint256 private constant FLAGS = 96;
    uint256 private constant MRENCLAVE = 112;
    uint256 private constant REPORT_DATA = 368;
    uint8 private constant DEBUG = 0x02;

    error QuoteMalformed();

    function read(bytes memory encoded) internal pure returns (Quote memory) {
        if (encoded.length != ENCODED) revert QuoteMalformed();
        bytes memory body = _decode(encoded);
        // Report data: type, enclave key, operator, zeros.
        if (body[REPORT_DATA] != 0x01) revert QuoteMalformed();
        return Quote(
            uint8(body[FLAGS]) & DEBUG != 0,
            _word(body, MRENCLAVE),
            address(bytes20(_word(body, REPORT_DATA + 1))),
            address(bytes20(_word(body, REPORT_DATA + 21)))
        );
    }

    function _word(bytes memory body, uint256 at) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := mload(add(add(body, 0x20), at))
        }
    }

    function _decode(bytes memory encoded) private pure returns (bytes memory out) {
        out = new bytes(encoded.length / 4 * 3);
        for (uint256 i; i < encoded.length / 4; ++i) {
            uint256 bits;
            for (uint256 j; j < 4; ++j) bits = (bits << 6) | _sextet(uint8(encoded[4 * i + j]));
            for (uint256 j; j < 3; ++j) out[3 * i + j] = bytes1(uint8(bits >> (16 - 8 * j)));
        }
    }

    function _sextet(uint8 c) private pure returns (uint256) {
        if (c >= 65 && c <= 90) return c - 65;
        if (c >= 97 && c <= 122) return c - 71;
        if (c >= 48 && c <= 57) return c + 4;
        if (c == 43) return 62;
        if (c == 47) return 63;
        revert QuoteMalformed();
    }
}
