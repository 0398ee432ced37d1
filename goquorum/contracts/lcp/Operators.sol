// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {ILCPClientErrors} from "./ILCPClientErrors.sol";
import {LCPClientState} from "./LCPTypes.sol";

/// Operators vouch for enclave keys: what they sign (EIP-712), and how many of them it takes.
library Operators {
    bytes32 private constant DOMAIN = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
    );
    bytes32 private constant REGISTER_ENCLAVE_KEY = keccak256("RegisterEnclaveKey(string avr)");
    bytes32 private constant UPDATE_OPERATORS = keccak256(
        "UpdateOperators(string clientId,uint64 nonce,address[] newOperators,uint64 thresholdNumerator,uint64 thresholdDenominator)"
    );
    // The chain type "EVM" is 1.
    bytes32 private constant EVM_SALT = keccak256(hex"0001");

    /// Signed for every chain alike: the report names the enclave, not the chain.
    function registrationDigest(bytes memory report) internal pure returns (bytes32) {
        bytes32 content = keccak256(abi.encode(REGISTER_ENCLAVE_KEY, keccak256(report)));
        return _digest(_domain(0, address(0), bytes32(0)), content);
    }

    function updateDigest(
        string memory clientId,
        uint64 nonce,
        address[] memory operators,
        uint64 numerator,
        uint64 denominator
    ) internal view returns (bytes32) {
        bytes32 content = keccak256(
            abi.encode(
                UPDATE_OPERATORS,
                keccak256(bytes(clientId)),
                nonce,
                keccak256(abi.encodePacked(operators)),
                numerator,
                denominator
            )
        );
        return _digest(_domain(block.chainid, address(this), EVM_SALT), content);
    }

    function requireOrdered(address[] memory operators) internal pure {
        for (uint256 i; i < operators.length; ++i) {
            if (operators[i] == address(0)) {
                revert ILCPClientErrors.LCPClientClientStateInvalidOperatorAddress();
            }
            if (i > 0 && operators[i - 1] >= operators[i]) {
                revert ILCPClientErrors.LCPClientOperatorsInvalidOrder(operators[i - 1], operators[i]);
            }
        }
    }

    /// Numerator and denominator of the share of operators that must sign.
    function requireThreshold(uint256 count, uint64 numerator, uint64 denominator) internal pure {
        bool missing = count != 0 && (numerator == 0 || denominator == 0);
        if (missing || numerator > denominator) {
            revert ILCPClientErrors.LCPClientClientStateInvalidOperatorsThreshold();
        }
    }

    function requireEnough(LCPClientState storage state, uint256 success) internal view {
        if (success * state.thresholdDenominator < state.thresholdNumerator * state.operators.length) {
            revert ILCPClientErrors.LCPClientOperatorSignaturesInsufficient(success);
        }
    }

    function _domain(uint256 chainId, address verifyingContract, bytes32 salt)
        private
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encode(
                DOMAIN, keccak256("LCPClient"), keccak256("1"), chainId, verifyingContract, salt
            )
        );
    }

    function _digest(bytes32 domain, bytes32 content) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, content));
    }
}
