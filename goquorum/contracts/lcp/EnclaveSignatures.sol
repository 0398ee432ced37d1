// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {ILCPClientErrors} from "./ILCPClientErrors.sol";
import {EnclaveKey, LCPClientState, LCPConsensusState} from "./LCPTypes.sol";
import {Operators} from "./Operators.sol";

/// What is kept of a client; consensus states by packed height.
struct Client {
    LCPClientState state;
    mapping(uint128 => LCPConsensusState) consensusStates;
    mapping(address => EnclaveKey) enclaveKeys;
}

/// Whose signatures count for a client.
abstract contract EnclaveSignatures is ILCPClientErrors {
    /// One signature of an enclave key, or with operators one of each operator's enclave, in the
    /// operators' order, empty where it is missing.
    function _requireSigned(Client storage client, bytes32 commitment, bytes[] memory signatures)
        internal
        view
    {
        uint256 count = client.state.operators.length;
        if (signatures.length != (count == 0 ? 1 : count)) revert LCPClientInvalidSignaturesLength();
        if (count == 0) {
            _requireActive(client.enclaveKeys[_recover(commitment, signatures[0])]);
            return;
        }
        uint256 success;
        for (uint256 i; i < count; ++i) {
            if (signatures[i].length == 0) continue;
            EnclaveKey memory key = client.enclaveKeys[_recover(commitment, signatures[i])];
            _requireActive(key);
            if (key.operator != client.state.operators[i]) {
                revert LCPClientEnclaveKeyUnexpectedOperator(key.operator, client.state.operators[i]);
            }
            ++success;
        }
        Operators.requireEnough(client.state, success);
    }

    function _requireOperators(LCPClientState storage state, bytes32 digest, bytes[] calldata signatures)
        internal
        view
    {
        if (signatures.length != state.operators.length) revert LCPClientInvalidSignaturesLength();
        uint256 success;
        for (uint256 i; i < signatures.length; ++i) {
            if (signatures[i].length == 0) continue;
            address signer = _recover(digest, signatures[i]);
            if (signer != state.operators[i]) {
                revert LCPClientUpdateOperatorsSignatureUnexpectedOperator(signer, state.operators[i]);
            }
            ++success;
        }
        Operators.requireEnough(state, success);
    }

    function _requireActive(EnclaveKey memory key) private view {
        if (key.expiredAt == 0) revert LCPClientEnclaveKeyNotExist();
        if (key.expiredAt <= block.timestamp) revert LCPClientEnclaveKeyExpired();
    }

    /// The signer; the recovery id may be 0 or 1 (LCP) as well as 27 or 28.
    function _recover(bytes32 digest, bytes memory signature) internal pure returns (address) {
        if (signature.length == 65 && uint8(signature[64]) < 27) {
            signature[64] = bytes1(uint8(signature[64]) + 27);
        }
        return ECDSA.recover(digest, signature);
    }
}
