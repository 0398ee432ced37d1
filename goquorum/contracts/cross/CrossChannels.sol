// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IIBCHandler} from "../core/handler/IIBCHandler.sol";
import {IIBCModule, IIBCModuleInitializer} from "../core/router/IIBCModule.sol";
import {Order, Packet} from "../core/types/Channel.sol";
import {ConnectionEnd} from "../core/types/Connection.sol";

/// Which channels a module of the Cross Framework takes part in: unordered, of the framework's
/// version, over a connection whose client the owner listed. Anyone may open channels at the handler,
/// also over a client of his own making, whose proofs are worth nothing. A client that is listed no
/// more proves no packets either: they time out at their sender.
abstract contract CrossChannels is Ownable, IIBCModule {
    string internal constant VERSION = "cross-1";

    IIBCHandler internal immutable HANDLER;
    mapping(bytes32 => bool) private _clients;
    mapping(bytes32 => string) private _clientOf;

    error CrossUnlistedClient(string clientId);
    error CrossVersionNotSupported(string version);
    error IBCModuleInvalidSender(address sender);
    error IBCModuleChannelOrderNotAllowed(string portId, string channelId, Order order);
    error IBCModuleChannelCloseNotAllowed(string portId, string channelId);

    event ClientListed(string clientId, bool listed);

    constructor(IIBCHandler handler) Ownable(msg.sender) {
        HANDLER = handler;
    }

    modifier onlyHandler() {
        if (msg.sender != address(HANDLER)) revert IBCModuleInvalidSender(msg.sender);
        _;
    }

    /// Admits channels over connections of this client, and packets on them, from now on or no more.
    function listClient(string calldata clientId, bool listed) external onlyOwner {
        _clients[keccak256(bytes(clientId))] = listed;
        emit ClientListed(clientId, listed);
    }

    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IIBCModule).interfaceId
            || interfaceId == type(IIBCModuleInitializer).interfaceId;
    }

    function onChanOpenInit(MsgOnChanOpenInit calldata msg_)
        external
        onlyHandler
        returns (address, string memory)
    {
        _admit(msg_.order, msg_.connectionHops[0], msg_.portId, msg_.channelId);
        // An empty proposal leaves the version to us.
        if (bytes(msg_.version).length != 0) _requireVersion(msg_.version);
        return (address(this), VERSION);
    }

    function onChanOpenTry(MsgOnChanOpenTry calldata msg_)
        external
        onlyHandler
        returns (address, string memory)
    {
        _admit(msg_.order, msg_.connectionHops[0], msg_.portId, msg_.channelId);
        _requireVersion(msg_.counterpartyVersion);
        return (address(this), VERSION);
    }

    function onChanOpenAck(MsgOnChanOpenAck calldata msg_) external view onlyHandler {
        _requireVersion(msg_.counterpartyVersion);
    }

    function onChanOpenConfirm(MsgOnChanOpenConfirm calldata) external view onlyHandler {}

    /// Anyone may ask the handler to close a channel; assets may be locked on it.
    function onChanCloseInit(MsgOnChanCloseInit calldata msg_) external view onlyHandler {
        revert IBCModuleChannelCloseNotAllowed(msg_.portId, msg_.channelId);
    }

    function onChanCloseConfirm(MsgOnChanCloseConfirm calldata) external view onlyHandler {}

    function _admit(
        Order order,
        string calldata connectionId,
        string calldata portId,
        string calldata channelId
    ) private {
        if (order != Order.UNORDERED) revert IBCModuleChannelOrderNotAllowed(portId, channelId, order);
        (ConnectionEnd memory end,) = HANDLER.getConnection(connectionId);
        _requireListed(end.client_id);
        _clientOf[_channelKey(portId, channelId)] = end.client_id;
    }

    /// Reverts unless the packet came over a client that is listed to this day.
    function _requireAdmitted(Packet calldata packet) internal view {
        _requireListed(_clientOf[_channelKey(packet.destinationPort, packet.destinationChannel)]);
    }

    function _requireListed(string memory clientId) private view {
        if (!_clients[keccak256(bytes(clientId))]) revert CrossUnlistedClient(clientId);
    }

    function _channelKey(string calldata portId, string calldata channelId)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(portId, channelId));
    }

    function _requireVersion(string calldata version) private pure {
        if (keccak256(bytes(version)) != keccak256(bytes(VERSION))) {
            revert CrossVersionNotSupported(version);
        }
    }
}
