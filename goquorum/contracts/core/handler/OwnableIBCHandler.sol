// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {
    IIBCChannelErrors,
    IIBCChannelHandshake,
    IIBCChannelPacketSendRecv,
    IIBCChannelPacketTimeout
} from "../channel/IIBCChannel.sol";
import {ClientLookup} from "../client/ClientLookup.sol";
import {IIBCClient} from "../client/IIBCClient.sol";
import {ILightClient} from "../client/ILightClient.sol";
import {IIBCConnection} from "../connection/IIBCConnection.sol";
import {Identifiers} from "../host/Identifiers.sol";
import {HostStorage, IBCStore} from "../host/IBCStore.sol";
import {IIBCHostErrors} from "../host/IIBCHostErrors.sol";
import {ModuleLookup} from "../router/ModuleLookup.sol";
import {Height} from "../types/Height.sol";
import {IBCQuerier} from "./IBCQuerier.sol";

/// The IBC handler (ICS-25): one address and one storage; the logic, too large for one contract, lies
/// in five and is reached by delegatecall. Its owner lists light clients and ports.
contract OwnableIBCHandler is
    Ownable,
    IBCQuerier,
    IIBCClient,
    IIBCConnection,
    IIBCChannelHandshake,
    IIBCChannelPacketSendRecv,
    IIBCChannelPacketTimeout,
    IIBCChannelErrors,
    IIBCHostErrors
{
    address private immutable CLIENT;
    address private immutable CONNECTION;
    address private immutable HANDSHAKE;
    address private immutable PACKETS;
    address private immutable TIMEOUTS;

    constructor(
        IIBCClient client,
        IIBCConnection connection,
        IIBCChannelHandshake handshake,
        IIBCChannelPacketSendRecv packets,
        IIBCChannelPacketTimeout timeouts
    ) Ownable(msg.sender) {
        CLIENT = address(client);
        CONNECTION = address(connection);
        HANDSHAKE = address(handshake);
        PACKETS = address(packets);
        TIMEOUTS = address(timeouts);
    }

    // --- what the owner sets -----------------------------------------------------------------

    function registerClient(string calldata clientType, address client) external onlyOwner {
        HostStorage storage host = IBCStore.host();
        if (!Identifiers.isClientType(bytes(clientType))) revert IBCHostInvalidClientType(clientType);
        if (host.lightClients[clientType] != address(0)) {
            revert IBCHostClientTypeAlreadyExists(clientType);
        }
        if (client == address(0) || client == address(this)) {
            revert IBCHostInvalidLightClientAddress(client);
        }
        host.lightClients[clientType] = client;
    }

    function bindPort(string calldata portId, address moduleAddress) external onlyOwner {
        ModuleLookup.claimPort(portId, moduleAddress);
    }

    function setExpectedTimePerBlock(uint64 expectedTimePerBlock_) external onlyOwner {
        IBCStore.host().expectedTimePerBlock = expectedTimePerBlock_;
    }

    // --- ICS-02 --------------------------------------------------------------------------------

    function createClient(MsgCreateClient calldata) external returns (string memory) {
        _delegate(CLIENT);
    }

    function updateClient(MsgUpdateClient calldata) external {
        _delegate(CLIENT);
    }

    function updateClientCommitments(string calldata, Height[] calldata) external {
        _delegate(CLIENT);
    }

    function routeUpdateClient(MsgUpdateClient calldata msg_)
        external
        view
        returns (address lightClient, bytes4 selector, bytes memory args)
    {
        ILightClient found = ClientLookup.lightClient(msg_.clientId);
        (selector, args) = found.routeUpdateClient(msg_.clientId, msg_.protoClientMessage);
        lightClient = address(found);
    }

    // --- ICS-03 --------------------------------------------------------------------------------

    function connectionOpenInit(MsgConnectionOpenInit calldata) external returns (string memory) {
        _delegate(CONNECTION);
    }

    function connectionOpenTry(MsgConnectionOpenTry calldata) external returns (string memory) {
        _delegate(CONNECTION);
    }

    function connectionOpenAck(MsgConnectionOpenAck calldata) external {
        _delegate(CONNECTION);
    }

    function connectionOpenConfirm(MsgConnectionOpenConfirm calldata) external {
        _delegate(CONNECTION);
    }

    // --- ICS-04 --------------------------------------------------------------------------------

    function channelOpenInit(MsgChannelOpenInit calldata)
        external
        returns (string memory, string memory)
    {
        _delegate(HANDSHAKE);
    }

    function channelOpenTry(MsgChannelOpenTry calldata)
        external
        returns (string memory, string memory)
    {
        _delegate(HANDSHAKE);
    }

    function channelOpenAck(MsgChannelOpenAck calldata) external {
        _delegate(HANDSHAKE);
    }

    function channelOpenConfirm(MsgChannelOpenConfirm calldata) external {
        _delegate(HANDSHAKE);
    }

    function channelCloseInit(MsgChannelCloseInit calldata) external {
        _delegate(HANDSHAKE);
    }

    function channelCloseConfirm(MsgChannelCloseConfirm calldata) external {
        _delegate(HANDSHAKE);
    }

    function sendPacket(string calldata, string calldata, Height calldata, uint64, bytes calldata)
        external
        returns (uint64)
    {
        _delegate(PACKETS);
    }

    function recvPacket(MsgPacketRecv calldata) external {
        _delegate(PACKETS);
    }

    function writeAcknowledgement(string calldata, string calldata, uint64, bytes calldata) external {
        _delegate(PACKETS);
    }

    function acknowledgePacket(MsgPacketAcknowledgement calldata) external {
        _delegate(PACKETS);
    }

    function timeoutPacket(MsgTimeoutPacket calldata) external {
        _delegate(TIMEOUTS);
    }

    function timeoutOnClose(MsgTimeoutOnClose calldata) external {
        _delegate(TIMEOUTS);
    }

    /// Runs this very call with `logic`'s code; never comes back.
    function _delegate(address logic) private {
        assembly {
            calldatacopy(0, 0, calldatasize())
            let success := delegatecall(gas(), logic, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            if iszero(success) { revert(0, returndatasize()) }
            return(0, returndatasize())
        }
    }
}
