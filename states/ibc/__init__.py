"""The bridge on the ledger: IBC and Cross as states (after net.datachain.corda.ibc)."""

from states.ibc import codec as _codec  # noqa: F401 - reads bridge outputs from now on
from states.ibc.commands import Deliver, GenesisCreate, HostCreate
from states.ibc.contract import Ibc
from states.ibc.messages import Binding, HostConfig
from states.ibc.state import BridgeState, Genesis, Host
from states.ibc.tickets import MsgMintTickets

__all__ = [
    "Binding",
    "BridgeState",
    "Deliver",
    "Genesis",
    "GenesisCreate",
    "Host",
    "HostConfig",
    "HostCreate",
    "Ibc",
    "MsgMintTickets",
]
