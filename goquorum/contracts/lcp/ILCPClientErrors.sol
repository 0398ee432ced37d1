// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

interface ILCPClientErrors {
    error LCPClientBaseInvalidConstructorParams();
    error LCPClientUnknownProtoTypeUrl();
    error LCPClientUnknownProxyMessageHeader();

    error LCPClientClientStateNotFound();
    error LCPClientClientStateFrozen();
    error LCPClientClientStateInvalidLatestHeight();
    error LCPClientClientStateInvalidKeyExpiration();
    error LCPClientClientStateInvalidMrenclaveLength();
    error LCPClientClientStateUnexpectedMrenclave();
    error LCPClientClientStateInvalidAllowedQuoteStatus();
    error LCPClientClientStateInvalidAllowedAdvisoryId();
    error LCPClientClientStateInvalidOperatorAddress();
    error LCPClientClientStateInvalidOperatorAddressLength();
    error LCPClientClientStateInvalidOperatorsNonce();
    error LCPClientClientStateInvalidOperatorsThreshold();
    error LCPClientClientStateUnexpectedOperatorsNonce(uint64 expectedNonce);
    error LCPClientOperatorsInvalidOrder(address prevOperator, address nextOperator);

    error LCPClientConsensusStateNotFound();
    error LCPClientConsensusStateInvalidStateId();
    error LCPClientConsensusStateInvalidTimestamp();

    error LCPClientUpdateStateEmittedStatesMustNotEmpty();
    error LCPClientUpdateStatePrevStateIdMustNotEmpty();
    error LCPClientUpdateStateUnexpectedPrevStateId();
    error LCPClientMisbehaviourPrevStatesMustNotEmpty();

    error LCPClientMembershipVerificationInvalidHeight();
    error LCPClientMembershipVerificationInvalidPrefix();
    error LCPClientMembershipVerificationInvalidPath();
    error LCPClientMembershipVerificationInvalidValue();
    error LCPClientMembershipVerificationInvalidStateId();

    error LCPClientInvalidSignaturesLength();
    error LCPClientEnclaveKeyNotExist();
    error LCPClientEnclaveKeyExpired();
    error LCPClientEnclaveKeyUnexpectedOperator(address expected, address actual);
    error LCPClientEnclaveKeyUnexpectedExpiredAt();
    error LCPClientOperatorSignaturesInsufficient(uint256 success);

    error LCPClientIASRootCertExpired();
    error LCPClientIASCertExpired();
    error LCPClientAVRInvalidSignature();
    error LCPClientAVRAlreadyExpired();
    error LCPClientAVRUnexpectedOperator(address actual, address expected);
    error LCPClientAVRUnexpectedDebugMode(bool debug);
    error LCPClientAVRDisallowedQuoteStatus(string status);
    error LCPClientAVRDisallowedAdvisory(string advisoryId);

    error LCPClientUpdateOperatorsPermissionless();
    error LCPClientUpdateOperatorsSignatureUnexpectedOperator(address actual, address expected);

    event RegisteredEnclaveKey(
        string clientId, address enclaveKey, uint256 expiredAt, address operator
    );
}
