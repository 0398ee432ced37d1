// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {CrossAuthModule} from "../cross/CrossAuthModule.sol";
import {Account, AuthMode, CrossContext} from "../cross/CrossTypes.sol";
import {IContractModule} from "../cross/IContractModule.sol";

/// Moves an ERC-721 in a cross-chain transaction. Three things must come together: the owner's
/// approval of this contract, his signature among the transaction's signers, and his own record on
/// this chain that he meant this very call, which the call uses up. A lying coordinator, enclave or
/// channel has but the second.
///
/// Call info: abi.encode(address token, address from, address to, uint256 tokenId)
contract AssetTransferModule is Ownable, IContractModule {
    CrossAuthModule private immutable AUTH;
    address private _cross;

    error AssetCallerIsNotCross(address caller);
    error AssetCrossAlreadyBound(address cross);
    error AssetOwnerDidNotSign(address from);
    error AssetOwnerAgreedToAnotherCall(bytes32 agreed, bytes32 called);

    constructor(CrossAuthModule auth) Ownable(msg.sender) {
        AUTH = auth;
    }

    /// Names the one module that may call, once.
    function bindCross(address cross) external onlyOwner {
        if (_cross != address(0)) revert AssetCrossAlreadyBound(_cross);
        _cross = cross;
    }

    function onContractCall(CrossContext calldata context, bytes calldata callInfo)
        external
        returns (bytes memory)
    {
        if (msg.sender != _cross) revert AssetCallerIsNotCross(msg.sender);
        (address token, address from, address to, uint256 tokenId) =
            abi.decode(callInfo, (address, address, address, uint256));
        if (!_signed(context.signers, from)) revert AssetOwnerDidNotSign(from);
        bytes32 agreed = AUTH.consume(context.txId, from);
        bytes32 called = keccak256(callInfo);
        if (agreed != called) revert AssetOwnerAgreedToAnotherCall(agreed, called);
        IERC721(token).safeTransferFrom(from, to, tokenId);
        return "";
    }

    function _signed(Account[] calldata signers, address wanted) private pure returns (bool) {
        for (uint256 i; i < signers.length; ++i) {
            if (
                signers[i].auth_type.mode == AuthMode.CHANNEL && signers[i].id.length == 20
                    && address(bytes20(signers[i].id)) == wanted
            ) return true;
        }
        return false;
    }
}
