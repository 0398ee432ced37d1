// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {ERC165Checker} from "@openzeppelin/contracts/utils/introspection/ERC165Checker.sol";
import {Identifiers} from "../host/Identifiers.sol";
import {HostStorage, IBCStore} from "../host/IBCStore.sol";
import {IIBCHostErrors} from "../host/IIBCHostErrors.sol";
import {IIBCModule, IIBCModuleInitializer} from "./IIBCModule.sol";

/// Who owns which port and channel (ICS-05, ICS-26).
library ModuleLookup {
    // Events of a library are those of the contract that runs it.
    event IBCModuleManagerPortCapabilityClaimed(string portId, address module);
    event IBCModuleManagerChannelCapabilityClaimed(string portId, string channelId, address module);

    function claimPort(string calldata portId, address module) internal {
        if (!Identifiers.isPort(bytes(portId))) {
            revert IIBCHostErrors.IBCHostInvalidPortIdentifier(portId);
        }
        HostStorage storage host = IBCStore.host();
        if (host.portModules[portId] != address(0)) {
            revert IIBCHostErrors.IBCHostPortCapabilityAlreadyClaimed(portId);
        }
        if (module == address(this)) revert IIBCHostErrors.IBCHostInvalidModuleAddress(module);
        _requireModule(module);
        if (!_offers(module, type(IIBCModule).interfaceId) && !_offers(module, type(IIBCModuleInitializer).interfaceId)) {
            revert IIBCHostErrors.IBCHostModuleDoesNotSupportIIBCModuleInitializer(
                module, type(IIBCModuleInitializer).interfaceId
            );
        }
        host.portModules[portId] = module;
        emit IBCModuleManagerPortCapabilityClaimed(portId, module);
    }

    function claimChannel(string calldata portId, string memory channelId, address module) internal {
        HostStorage storage host = IBCStore.host();
        if (host.channelModules[portId][channelId] != address(0)) {
            revert IIBCHostErrors.IBCHostChannelCapabilityAlreadyClaimed(portId, channelId);
        }
        _requireModule(module);
        if (!_offers(module, type(IIBCModule).interfaceId)) {
            revert IIBCHostErrors.IBCHostModuleDoesNotSupportIIBCModule(
                module, type(IIBCModule).interfaceId
            );
        }
        host.channelModules[portId][channelId] = module;
        emit IBCModuleManagerChannelCapabilityClaimed(portId, channelId, module);
    }

    function ofPort(string calldata portId) internal view returns (IIBCModuleInitializer) {
        address module = IBCStore.host().portModules[portId];
        if (module == address(0)) revert IIBCHostErrors.IBCHostModulePortNotFound(portId);
        return IIBCModuleInitializer(module);
    }

    function ofChannel(string calldata portId, string calldata channelId)
        internal
        view
        returns (IIBCModule)
    {
        address module = IBCStore.host().channelModules[portId][channelId];
        if (module == address(0)) revert IIBCHostErrors.IBCHostModuleChannelNotFound(portId, channelId);
        return IIBCModule(module);
    }

    /// Only the module that owns a channel speaks on it.
    function requireOwner(string calldata portId, string calldata channelId) internal view {
        if (IBCStore.host().channelModules[portId][channelId] != msg.sender) {
            revert IIBCHostErrors.IBCHostFailedAuthenticateChannelCapability(
                portId, channelId, msg.sender
            );
        }
    }

    function _requireModule(address module) private view {
        if (module == address(0)) revert IIBCHostErrors.IBCHostInvalidModuleAddress(module);
        if (!ERC165Checker.supportsERC165(module)) {
            revert IIBCHostErrors.IBCHostModuleDoesNotSupportERC165();
        }
    }

    function _offers(address module, bytes4 interfaceId) private view returns (bool) {
        return ERC165Checker.supportsERC165InterfaceUnchecked(module, interfaceId);
    }
}
