// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Channel} from "../core/types/Channel.sol";
import {ConnectionEnd, Counterparty, Version} from "../core/types/Connection.sol";
import {Height} from "../core/types/Height.sol";
import {ProtoWriter} from "./ProtoWriter.sol";

/// The committed forms of connection and channel ends.
library IBCCodec {
    function encode(Height memory height) internal pure returns (bytes memory) {
        return abi.encodePacked(
            ProtoWriter.number(1, height.revision_number), ProtoWriter.number(2, height.revision_height)
        );
    }

    function encode(ConnectionEnd memory end) internal pure returns (bytes memory) {
        bytes memory versions;
        for (uint256 i; i < end.versions.length; ++i) {
            versions = bytes.concat(versions, ProtoWriter.message(2, encode(end.versions[i])));
        }
        return abi.encodePacked(
            ProtoWriter.data(1, bytes(end.client_id)),
            versions,
            ProtoWriter.number(3, uint64(end.state)),
            ProtoWriter.message(4, encode(end.counterparty)),
            ProtoWriter.number(5, end.delay_period)
        );
    }

    function encode(Version memory version) internal pure returns (bytes memory out) {
        out = ProtoWriter.data(1, bytes(version.identifier));
        for (uint256 i; i < version.features.length; ++i) {
            out = bytes.concat(out, ProtoWriter.message(2, bytes(version.features[i])));
        }
    }

    function encode(Counterparty memory counterparty) internal pure returns (bytes memory) {
        return abi.encodePacked(
            ProtoWriter.data(1, bytes(counterparty.client_id)),
            ProtoWriter.data(2, bytes(counterparty.connection_id)),
            ProtoWriter.message(3, ProtoWriter.data(1, counterparty.prefix.key_prefix))
        );
    }

    function encode(Channel memory channel) internal pure returns (bytes memory) {
        bytes memory hops;
        for (uint256 i; i < channel.connection_hops.length; ++i) {
            hops = bytes.concat(hops, ProtoWriter.message(4, bytes(channel.connection_hops[i])));
        }
        return abi.encodePacked(
            ProtoWriter.number(1, uint64(channel.state)),
            ProtoWriter.number(2, uint64(channel.ordering)),
            ProtoWriter.message(3, _counterparty(channel)),
            hops,
            ProtoWriter.data(5, bytes(channel.version)),
            ProtoWriter.number(6, channel.upgrade_sequence)
        );
    }

    function _counterparty(Channel memory channel) private pure returns (bytes memory) {
        return abi.encodePacked(
            ProtoWriter.data(1, bytes(channel.counterparty.port_id)),
            ProtoWriter.data(2, bytes(channel.counterparty.channel_id))
        );
    }
}
