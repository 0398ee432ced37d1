// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {ClientLookup} from "../client/ClientLookup.sol";
import {IBCStore} from "../host/IBCStore.sol";
import {ConnectionEnd} from "../types/Connection.sol";
import {Height} from "../types/Height.sol";

/// Proofs over a channel's connection, with the connection's delay.
library ConnectionProofs {
    function isMember(
        ConnectionEnd storage connection,
        Height memory height,
        bytes memory proof,
        bytes memory path,
        bytes memory value
    ) internal returns (bool) {
        string memory clientId = connection.client_id;
        uint64 delay = connection.delay_period;
        return ClientLookup.lightClient(clientId).verifyMembership(
            clientId,
            height,
            delay,
            blockDelay(delay),
            proof,
            connection.counterparty.prefix.key_prefix,
            path,
            value
        );
    }

    function isAbsent(
        ConnectionEnd storage connection,
        Height memory height,
        bytes memory proof,
        bytes memory path
    ) internal returns (bool) {
        string memory clientId = connection.client_id;
        uint64 delay = connection.delay_period;
        return ClientLookup.lightClient(clientId).verifyNonMembership(
            clientId,
            height,
            delay,
            blockDelay(delay),
            proof,
            connection.counterparty.prefix.key_prefix,
            path
        );
    }

    /// The delay in blocks, rounded up; zero where no time per block is set.
    function blockDelay(uint64 delay) internal view returns (uint64) {
        if (delay == 0) return 0;
        uint64 perBlock = IBCStore.host().expectedTimePerBlock;
        return perBlock == 0 ? 0 : uint64((uint256(delay) + perBlock - 1) / perBlock);
    }
}
