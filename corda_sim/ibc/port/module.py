"""Applications bound to ports (ibc-go modules/core/05-port/types/module.go)."""

from typing import TYPE_CHECKING, Protocol

from corda_sim.ibc.channel.acknowledgement import AcknowledgementLike
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.channel.types import Channel
from corda_sim.ibc.errors import ErrInvalidPort

if TYPE_CHECKING:
    from corda_sim.ibc.context import Context


class IbcModule(Protocol):
    """What the core calls; a callback refuses by raising, and the whole message fails with it."""

    def on_chan_open_init(self, ctx: "Context", port: str, channel_id: str, end: Channel) -> str:
        """A channel is asked for here; the version to use."""

    def on_chan_open_try(
        self, ctx: "Context", port: str, channel_id: str, end: Channel, counterparty_version: str
    ) -> str:
        """A channel is asked for there; the version to use."""

    def on_chan_open_ack(
        self, ctx: "Context", port: str, channel_id: str, counterparty_version: str
    ) -> None:
        """The other side has agreed."""

    def on_chan_open_confirm(self, ctx: "Context", port: str, channel_id: str) -> None:
        """The channel is open."""

    def on_chan_close_init(self, ctx: "Context", port: str, channel_id: str) -> None:
        """Somebody here wants to close the channel."""

    def on_chan_close_confirm(self, ctx: "Context", port: str, channel_id: str) -> None:
        """The other side has closed the channel."""

    def on_recv_packet(self, ctx: "Context", packet: Packet) -> AcknowledgementLike | None:
        """A packet has come; its acknowledgement, or None for one that is written later.

        What was written is dropped when the acknowledgement isn't a success.
        """

    def on_acknowledgement_packet(
        self, ctx: "Context", packet: Packet, acknowledgement: bytes
    ) -> None:
        """A packet sent from here was acknowledged."""

    def on_timeout_packet(self, ctx: "Context", packet: Packet) -> None:
        """A packet sent from here will never be received."""


def module_of(ctx: "Context", port_id: str) -> IbcModule:
    """The module bound to a port. Raises: ErrInvalidPort."""
    module = ctx.modules.get(port_id)
    if module is None:
        raise ErrInvalidPort(f"port {port_id} is not bound")
    return module
