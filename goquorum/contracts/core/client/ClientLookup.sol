// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {IBCStore} from "../host/IBCStore.sol";
import {IIBCClient} from "./IIBCClient.sol";
import {ILightClient} from "./ILightClient.sol";

library ClientLookup {
    function lightClient(string memory clientId) internal view returns (ILightClient) {
        address found = IBCStore.clients()[clientId].lightClient;
        if (found == address(0)) revert IIBCClient.IBCClientClientNotFound(clientId);
        return ILightClient(found);
    }
}
