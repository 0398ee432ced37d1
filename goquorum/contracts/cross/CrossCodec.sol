// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Height} from "../core/types/Height.sol";
import {IBCCodec} from "../proto/IBCCodec.sol";
import {ProtoAny} from "../proto/ProtoAny.sol";
import {ProtoFields} from "../proto/ProtoFields.sol";
import {ProtoReader} from "../proto/ProtoReader.sol";
import {ProtoWriter} from "../proto/ProtoWriter.sol";
import {Account, AnyOption, AuthMode, AuthType, PacketDataCall} from "./CrossTypes.sol";

/// Protobuf of the Cross Framework's packets.
library CrossCodec {
    string private constant CALL_ACK = "/cross.core.atomic.simple.PacketAcknowledgementCall";
    string private constant IBC_SIGN_TX = "/cross.core.auth.PacketDataIBCSignTx";
    bytes32 internal constant CALL = keccak256("/cross.core.atomic.simple.PacketDataCall");
    uint64 private constant OK = 1;
    uint64 private constant FAILED = 2;

    // --- packets -------------------------------------------------------------------------------

    /// PacketData with an empty header: the payload is an Any.
    function packetData(bytes memory any) internal pure returns (bytes memory) {
        return abi.encodePacked(ProtoWriter.message(1, ""), ProtoWriter.message(2, any));
    }

    /// The payload's type URL (hashed) and content.
    function payload(bytes memory data) internal pure returns (bytes32 kind, bytes memory value) {
        string memory typeUrl;
        (typeUrl, value) = ProtoAny.decode(ProtoFields.one(data, 2));
        kind = keccak256(bytes(typeUrl));
    }

    /// The answer to a call: the packet arrived, the contract did what it should or didn't.
    function callAcknowledgement(bool success) internal pure returns (bytes memory) {
        bytes memory status = ProtoWriter.number(1, success ? OK : FAILED);
        return abi.encodePacked(
            ProtoWriter.number(1, 1),
            ProtoWriter.message(2, packetData(ProtoAny.encode(CALL_ACK, status)))
        );
    }

    function ibcSignTx(bytes memory txId, bytes memory signer, Height memory height, uint64 timestamp)
        internal
        pure
        returns (bytes memory)
    {
        bytes memory value = abi.encodePacked(
            ProtoWriter.data(1, txId),
            ProtoWriter.message(2, signer),
            ProtoWriter.message(3, IBCCodec.encode(height)),
            ProtoWriter.number(4, timestamp)
        );
        return packetData(ProtoAny.encode(IBC_SIGN_TX, value));
    }

    /// Whether a signature was taken: Acknowledgement -> PacketAcknowledgementIBCSignTx, status OK.
    function isSigned(bytes memory acknowledgement) internal pure returns (bool) {
        if (ProtoFields.number(acknowledgement, 1) == 0) return false;
        (, bytes memory value) = payload(ProtoFields.one(acknowledgement, 2));
        return ProtoFields.number(value, 1) == OK;
    }

    function call(bytes memory data) internal pure returns (PacketDataCall memory found) {
        found.txId = ProtoFields.one(data, 1);
        bytes memory transaction = ProtoFields.one(data, 2);
        found.callInfo = ProtoFields.one(transaction, 3);
        bytes[] memory signers = ProtoFields.all(transaction, 2);
        found.signers = new Account[](signers.length);
        for (uint256 i; i < signers.length; ++i) found.signers[i] = _account(signers[i]);
    }

    function _account(bytes memory data) private pure returns (Account memory) {
        bytes memory authType = ProtoFields.one(data, 2);
        uint64 mode = ProtoFields.number(authType, 1);
        if (mode > uint64(type(AuthMode).max)) revert ProtoReader.ProtoMalformed(0);
        (string memory typeUrl, bytes memory value) = ProtoAny.decode(ProtoFields.one(authType, 2));
        return Account(ProtoFields.one(data, 1), AuthType(AuthMode(mode), AnyOption(typeUrl, value)));
    }
}
