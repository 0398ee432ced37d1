// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Height} from "../core/types/Height.sol";
import {IBCCodec} from "../proto/IBCCodec.sol";
import {ProtoAny} from "../proto/ProtoAny.sol";
import {ProtoFields} from "../proto/ProtoFields.sol";
import {ProtoReader, Span} from "../proto/ProtoReader.sol";
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

    /// The type URL (hashed) of a packet's payload, and where its content lies.
    function payload(bytes memory data, Span packet) internal pure returns (bytes32 kind, Span content) {
        Span any = ProtoFields.find(data, packet, 2);
        kind = ProtoFields.hash(data, ProtoFields.find(data, any, 1));
        content = ProtoFields.find(data, any, 2);
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
        (, Span content) = payload(acknowledgement, ProtoFields.find(acknowledgement, 2));
        return ProtoFields.number(acknowledgement, content, 1) == OK;
    }

    /// A call, whose message lies in a range of `data`.
    function call(bytes memory data, Span message) internal pure returns (PacketDataCall memory found) {
        found.txId = ProtoFields.one(data, message, 1);
        Span transaction = ProtoFields.find(data, message, 2);
        found.callInfo = ProtoFields.one(data, transaction, 3);
        Span[] memory signers = ProtoFields.findAll(data, transaction, 2);
        found.signers = new Account[](signers.length);
        for (uint256 i; i < signers.length; ++i) found.signers[i] = _account(data, signers[i]);
    }

    function _account(bytes memory data, Span account) private pure returns (Account memory) {
        Span authType = ProtoFields.find(data, account, 2);
        uint64 mode = ProtoFields.number(data, authType, 1);
        if (mode > uint64(type(AuthMode).max)) revert ProtoReader.ProtoMalformed(0);
        Span option = ProtoFields.find(data, authType, 2);
        return Account(
            ProtoFields.one(data, account, 1),
            AuthType(
                AuthMode(mode),
                AnyOption(string(ProtoFields.one(data, option, 1)), ProtoFields.one(data, option, 2))
            )
        );
    }
}
