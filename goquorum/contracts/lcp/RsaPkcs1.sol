// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

struct RsaKey {
    bytes modulus;
    bytes exponent;
}

/// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2). The padding is compared in full: a check of the
/// last 32 bytes alone, as others make it, lets an exponent of 3 be forged.
library RsaPkcs1 {
    // DigestInfo of SHA-256 without the digest (RFC 8017 §9.2, note 1).
    bytes private constant DIGEST_INFO = hex"3031300d060960864801650304020105000420";
    uint256 private constant MIN_MODULUS_BYTES = 256;

    function verify(bytes32 digest, bytes memory signature, RsaKey memory key)
        internal
        view
        returns (bool)
    {
        uint256 size = key.modulus.length;
        if (size < MIN_MODULUS_BYTES || signature.length != size) return false;
        (bool success, bytes memory recovered) = address(5).staticcall(
            abi.encodePacked(
                size, key.exponent.length, size, signature, key.exponent, key.modulus
            )
        );
        return success && keccak256(recovered) == keccak256(_expected(digest, size));
    }

    /// 00 01 ff … ff 00 DigestInfo digest
    function _expected(bytes32 digest, uint256 size) private pure returns (bytes memory) {
        bytes memory padding = new bytes(size - 3 - DIGEST_INFO.length - 32);
        for (uint256 i; i < padding.length; ++i) padding[i] = 0xff;
        return abi.encodePacked(hex"0001", padding, hex"00", DIGEST_INFO, digest);
    }
}
