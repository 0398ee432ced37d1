// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Height} from "../types/Height.sol";

interface ILightClientErrors {
    error LightClientInvalidCaller(address caller);
    error LightClientClientStateNotFound(string clientId);
    error LightClientConsensusStateNotFound(string clientId, Height height);
    error LightClientUnexpectedProtoAnyTypeURL(string url);
}
