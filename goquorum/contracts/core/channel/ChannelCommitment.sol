// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {IBCCodec} from "../../proto/IBCCodec.sol";
import {IBCPaths} from "../host/IBCPaths.sol";
import {IBCStore} from "../host/IBCStore.sol";
import {Channel, ChannelCounterparty, ChannelState} from "../types/Channel.sol";
import {ConnectionEnd} from "../types/Connection.sol";

library ChannelCommitment {
    function commit(Channel storage channel, string memory portId, string memory channelId) internal {
        IBCStore.commit(IBCPaths.channel(portId, channelId), IBCCodec.encode(channel));
    }

    function connectionOf(Channel storage channel) internal view returns (ConnectionEnd storage) {
        return IBCStore.connections()[channel.connection_hops[0]];
    }

    /// The counterparty's end of `channel` as it must be committed there.
    function counterpartyEnd(
        Channel storage channel,
        ChannelState state,
        string memory portId,
        string memory channelId,
        string memory version
    ) internal view returns (Channel memory) {
        string[] memory hops = new string[](1);
        hops[0] = connectionOf(channel).counterparty.connection_id;
        return Channel(
            state, channel.ordering, ChannelCounterparty(portId, channelId), hops, version, 0
        );
    }
}
