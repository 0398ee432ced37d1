// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

interface IIBCHostErrors {
    error IBCHostInvalidClientType(string clientType);
    error IBCHostInvalidPortIdentifier(string portId);
    error IBCHostInvalidLightClientAddress(address lcAddress);
    error IBCHostClientTypeAlreadyExists(string clientType);
    error IBCHostInvalidModuleAddress(address moduleAddress);
    error IBCHostPortCapabilityAlreadyClaimed(string portId);
    error IBCHostChannelCapabilityAlreadyClaimed(string portId, string channelId);
    error IBCHostModulePortNotFound(string portId);
    error IBCHostModuleChannelNotFound(string portId, string channelId);
    error IBCHostFailedAuthenticateChannelCapability(string portId, string channelId, address caller);
    error IBCHostModuleDoesNotSupportERC165();
    error IBCHostModuleDoesNotSupportIIBCModule(address module, bytes4 interfaceId);
    error IBCHostModuleDoesNotSupportIIBCModuleInitializer(address module, bytes4 interfaceId);

    event IBCModuleManagerPortCapabilityClaimed(string portId, address module);
    event IBCModuleManagerChannelCapabilityClaimed(string portId, string channelId, address module);
}
