"""What can be done with a bridge (Corda-IBC's MiscCommands and DatagramHandlerCommand)."""

from dataclasses import dataclass

from corda_sim.core.contracts import CommandData, TypeOnlyCommandData
from corda_sim.core.serialization import serializable


@serializable("corda_sim.ibc.GenesisCreate")
@dataclass(frozen=True, eq=False)
class GenesisCreate(TypeOnlyCommandData):
    """Make what a host can be made from."""


@serializable("corda_sim.ibc.HostCreate")
@dataclass(frozen=True, eq=False)
class HostCreate(TypeOnlyCommandData):
    """Make the host and its counters from its genesis; all validators sign."""


@serializable("corda_sim.ibc.Deliver")
@dataclass(frozen=True, slots=True)
class Deliver(CommandData):
    """Run the handler of a message, the bytes of its ``Any``; the host's validators sign."""

    message: bytes
