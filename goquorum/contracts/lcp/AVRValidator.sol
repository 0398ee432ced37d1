// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Certificate, CertificateReader} from "./Certificate.sol";
import {ILCPClientErrors} from "./ILCPClientErrors.sol";
import {Report, ReportReader} from "./Report.sol";
import {RsaKey, RsaPkcs1} from "./RsaPkcs1.sol";

/// The chain from the attestation service's root certificate to a report. A linked library, because
/// the light client is too large for one contract with it.
library AVRValidator {
    /// Key and end (seconds) of a root certificate that signs itself and is valid now.
    function verifyRootCACert(bytes memory der)
        external
        view
        returns (RsaKey memory key, uint64 notAfter)
    {
        Certificate memory root = _valid(der);
        if (!RsaPkcs1.verify(root.tbsHash, root.signature, root.key)) {
            revert ILCPClientErrors.LCPClientBaseInvalidConstructorParams();
        }
        return (root.key, root.notAfter);
    }

    /// What a report says, once its signature is traced to `root`.
    function verifyReport(
        RsaKey memory root,
        bytes memory report,
        bytes memory signature,
        bytes memory signingCert
    ) external view returns (Report memory) {
        Certificate memory signing = _valid(signingCert);
        bool signed = RsaPkcs1.verify(signing.tbsHash, signing.signature, root)
            && RsaPkcs1.verify(sha256(report), signature, signing.key);
        if (!signed) revert ILCPClientErrors.LCPClientAVRInvalidSignature();
        return ReportReader.read(report);
    }

    function _valid(bytes memory der) private view returns (Certificate memory certificate) {
        certificate = CertificateReader.read(der);
        if (block.timestamp < certificate.notBefore || block.timestamp >= certificate.notAfter) {
            revert ILCPClientErrors.LCPClientIASCertExpired();
        }
    }
}
