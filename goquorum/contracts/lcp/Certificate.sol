// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Slice} from "../proto/Slice.sol";
import {Der, Node} from "./Der.sol";
import {RsaKey} from "./RsaPkcs1.sol";
import {Times} from "./Times.sol";

/// What a verifier needs of an X.509 certificate; times in seconds.
struct Certificate {
    bytes32 tbsHash;
    bytes signature;
    RsaKey key;
    uint64 notBefore;
    uint64 notAfter;
}

/// Reads RSA certificates signed with sha256WithRSAEncryption; all others are refused.
library CertificateReader {
    // 1.2.840.113549.1.1.11 and 1.2.840.113549.1.1.1
    bytes32 private constant SHA256_WITH_RSA = keccak256(hex"2a864886f70d01010b");
    bytes32 private constant RSA_ENCRYPTION = keccak256(hex"2a864886f70d010101");
    uint8 private constant EXPLICIT_VERSION = 0xa0;

    error CertificateUnsupportedAlgorithm();

    function read(bytes memory der) internal pure returns (Certificate memory certificate) {
        Node memory whole = Der.expect(Der.root(der), Der.SEQUENCE);
        Node memory tbs = Der.expect(Der.first(der, whole), Der.SEQUENCE);
        Node memory algorithm = Der.next(der, tbs, whole);
        _requireAlgorithm(der, algorithm, SHA256_WITH_RSA);
        certificate.tbsHash = sha256(Slice.copy(der, tbs.start, tbs.end));
        certificate.signature = _bits(der, Der.next(der, algorithm, whole));
        _readTbs(der, tbs, certificate);
    }

    function _readTbs(bytes memory der, Node memory tbs, Certificate memory certificate) private pure {
        Node memory node = Der.first(der, tbs);
        if (node.tag == EXPLICIT_VERSION) node = Der.next(der, node, tbs);
        node = Der.next(der, Der.expect(node, Der.INTEGER), tbs);
        _requireAlgorithm(der, node, SHA256_WITH_RSA);
        node = Der.next(der, node, tbs); // issuer
        node = Der.next(der, node, tbs);
        _readValidity(der, Der.expect(node, Der.SEQUENCE), certificate);
        node = Der.next(der, node, tbs); // subject
        node = Der.next(der, node, tbs);
        certificate.key = _readKey(der, Der.expect(node, Der.SEQUENCE));
    }

    function _readValidity(bytes memory der, Node memory validity, Certificate memory certificate)
        private
        pure
    {
        Node memory from = Der.first(der, validity);
        certificate.notBefore = Times.ofCertificate(Der.contentOf(der, from));
        certificate.notAfter =
            Times.ofCertificate(Der.contentOf(der, Der.next(der, from, validity)));
    }

    function _readKey(bytes memory der, Node memory info) private pure returns (RsaKey memory) {
        Node memory algorithm = Der.first(der, info);
        _requireAlgorithm(der, algorithm, RSA_ENCRYPTION);
        bytes memory inner = _bits(der, Der.next(der, algorithm, info));
        Node memory pair = Der.expect(Der.root(inner), Der.SEQUENCE);
        Node memory modulus = Der.first(inner, pair);
        return RsaKey(_positive(inner, modulus), _positive(inner, Der.next(inner, modulus, pair)));
    }

    function _requireAlgorithm(bytes memory der, Node memory node, bytes32 wanted) private pure {
        Node memory oid = Der.first(der, Der.expect(node, Der.SEQUENCE));
        if (keccak256(Der.contentOf(der, Der.expect(oid, Der.OID))) != wanted) {
            revert CertificateUnsupportedAlgorithm();
        }
    }

    /// A BIT STRING of whole bytes.
    function _bits(bytes memory der, Node memory node) private pure returns (bytes memory) {
        Der.expect(node, Der.BIT_STRING);
        if (node.content == node.end || der[node.content] != 0) revert Der.DerMalformed(node.start);
        return Slice.copy(der, node.content + 1, node.end);
    }

    /// A positive INTEGER without its sign byte.
    function _positive(bytes memory der, Node memory node) private pure returns (bytes memory) {
        Der.expect(node, Der.INTEGER);
        if (node.content == node.end || der[node.content] >= 0x80) revert Der.DerMalformed(node.start);
        bool padded = der[node.content] == 0 && node.end - node.content > 1;
        return Slice.copy(der, padded ? node.content + 1 : node.content, node.end);
    }
}
