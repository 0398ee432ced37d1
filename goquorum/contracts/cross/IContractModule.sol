// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {CrossContext} from "./CrossTypes.sol";

/// What an application contract offers to cross-chain transactions.
interface IContractModule {
    /// Does the call at once (simple commit), or reverts: then the transaction aborts everywhere.
    function onContractCall(CrossContext calldata context, bytes calldata callInfo)
        external
        returns (bytes memory);
}
