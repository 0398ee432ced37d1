"""The module that does nothing: any packet is a success (Corda-IBC's NopModule).

For pings over a new channel, and for trying a bridge before an application is there.
"""

from corda_sim.ibc.channel.acknowledgement import Acknowledgement
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.channel.types import Channel
from corda_sim.ibc.context import Context

DONE = Acknowledgement(result=b"\x01")
"""ibc-go's acknowledgement of success."""


class NopModule:
    """Agrees to every channel and version, and writes nothing of its own."""

    def on_chan_open_init(self, ctx: Context, port: str, channel_id: str, end: Channel) -> str:
        """The version that was asked for."""
        del ctx, port, channel_id
        return end.version

    def on_chan_open_try(
        self, ctx: Context, port: str, channel_id: str, end: Channel, counterparty_version: str
    ) -> str:
        """The other side's version."""
        del ctx, port, channel_id, end
        return counterparty_version

    def on_chan_open_ack(
        self, ctx: Context, port: str, channel_id: str, counterparty_version: str
    ) -> None:
        """Any version will do."""

    def on_chan_open_confirm(self, ctx: Context, port: str, channel_id: str) -> None:
        """Nothing is to be done."""

    def on_chan_close_init(self, ctx: Context, port: str, channel_id: str) -> None:
        """Anybody may close it."""

    def on_chan_close_confirm(self, ctx: Context, port: str, channel_id: str) -> None:
        """Nothing is to be done."""

    def on_recv_packet(self, ctx: Context, packet: Packet) -> Acknowledgement:
        """Success."""
        del ctx, packet
        return DONE

    def on_acknowledgement_packet(
        self, ctx: Context, packet: Packet, acknowledgement: bytes
    ) -> None:
        """Nothing is to be done."""

    def on_timeout_packet(self, ctx: Context, packet: Packet) -> None:
        """Nothing is to be done."""
