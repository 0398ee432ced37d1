"""Packets of two-phase commit are refused by name, so that a coordinator learns why."""

from typing import NoReturn

from corda_sim.cross.atomic.tpc.types import PacketDataCommit, PacketDataPrepare
from corda_sim.cross.packets.handling import PacketHandler
from corda_sim.ibc.errors import FeatureLater


def refuse_tpc(*_args: object) -> NoReturn:
    """Raises: FeatureLater."""
    raise FeatureLater("two-phase commit is not supported yet")


TPC_HANDLERS = {
    kind.TYPE_URL: PacketHandler(refuse_tpc, refuse_tpc, refuse_tpc)
    for kind in (PacketDataPrepare, PacketDataCommit)
}
