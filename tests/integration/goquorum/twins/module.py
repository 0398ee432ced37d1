"""MockModule.sol once more, as a module of our handlers."""

from corda_sim.ibc.channel.acknowledgement import AcknowledgementLike, RawAcknowledgement
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.channel.types import Channel
from corda_sim.ibc.context import Context
from corda_sim.ibc.errors import IbcError


class ModuleReverted(IbcError):
    """Data that begins with "revert"."""


class TwinModule:
    """Takes every channel and echoes; data that begins with "later" is acknowledged later.

    Where `fails`, it answers with an error instead of reverting.
    """

    fails = False

    def on_chan_open_init(self, ctx: Context, port: str, channel_id: str, end: Channel) -> str:
        del ctx, port, channel_id
        return end.version

    def on_chan_open_try(
        self, ctx: Context, port: str, channel_id: str, end: Channel, counterparty_version: str
    ) -> str:
        del ctx, port, channel_id, end
        return counterparty_version

    def on_chan_open_ack(
        self, ctx: Context, port: str, channel_id: str, counterparty_version: str
    ) -> None:
        """Nothing to do."""

    def on_chan_open_confirm(self, ctx: Context, port: str, channel_id: str) -> None:
        """Nothing to do."""

    def on_chan_close_init(self, ctx: Context, port: str, channel_id: str) -> None:
        """Nothing to do."""

    def on_chan_close_confirm(self, ctx: Context, port: str, channel_id: str) -> None:
        """Nothing to do."""

    def on_recv_packet(self, ctx: Context, packet: Packet) -> AcknowledgementLike | None:
        del ctx
        if self.fails:
            return RawAcknowledgement(b"failed", success=False)
        _maybe_revert(packet.data)
        return None if packet.data.startswith(b"later") else RawAcknowledgement(packet.data)

    def on_acknowledgement_packet(
        self, ctx: Context, packet: Packet, acknowledgement: bytes
    ) -> None:
        del ctx, packet
        _maybe_revert(acknowledgement)

    def on_timeout_packet(self, ctx: Context, packet: Packet) -> None:
        """Nothing to do."""


def _maybe_revert(data: bytes) -> None:
    if data.startswith(b"revert"):
        raise ModuleReverted(data.hex())
