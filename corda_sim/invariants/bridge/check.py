"""The invariants of a bridge, read from both of its chains."""

from collections.abc import Iterable
from itertools import chain

from corda_sim.invariants.bridge.packets import packets_agree
from corda_sim.invariants.bridge.reading_corda import read_corda
from corda_sim.invariants.bridge.reading_goquorum import read_goquorum
from corda_sim.invariants.bridge.settlements import both_or_neither, no_stranded_lock, one_owner
from corda_sim.invariants.bridge.views import CordaView, QuorumView
from corda_sim.invariants.views import NodeDatabase
from corda_sim.invariants.violations import Violation
from goquorum.bridge_file import BridgeFile
from goquorum.endpoint.json_rpc import JsonRpc


def check_bridge(
    databases: Iterable[NodeDatabase], rpc: JsonRpc, bridge: BridgeFile
) -> list[Violation]:
    """What doesn't hold between a Corda network with one host and its bridge on GoQuorum, sorted.

    Both must be at rest: what happens while they are read is told as missing on one of them. Money
    is `check_network`'s part. Raises: StorageError, DecodeError, GoQuorumError.
    """
    return check_sides(read_corda(databases), read_goquorum(rpc, bridge))


def check_sides(corda: CordaView, quorum: QuorumView) -> list[Violation]:
    """What doesn't hold in what was read of both sides, sorted."""
    found = (
        packets_agree(corda.packets, quorum.packets),
        packets_agree(quorum.packets, corda.packets),
        both_or_neither(corda, quorum),
        no_stranded_lock(corda),
        one_owner(quorum),
    )
    return sorted(chain.from_iterable(found))
