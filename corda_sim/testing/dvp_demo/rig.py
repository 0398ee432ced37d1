"""Both chains and the bridge between them, up and open."""

from dataclasses import dataclass

from corda_sim.invariants import check_network, databases_of
from corda_sim.invariants.bridge.check import check_bridge
from corda_sim.testing.dvp_demo.bridge import Proxy, Relaying
from corda_sim.testing.dvp_demo.corda_side import CordaSide
from corda_sim.testing.dvp_demo.quorum_side import QuorumSide


@dataclass(frozen=True, slots=True)
class Rig:
    """What a case works with."""

    corda: CordaSide
    quorum: QuorumSide
    relaying: Relaying
    proxy: Proxy

    def rest(self) -> list[str]:
        """Stop relaying, let Corda come to rest and stop it: which invariants don't hold."""
        self.relaying.stop()
        calm = self.corda.is_calm()
        self.corda.close()
        found = self.violations()
        return found if calm else ["The nodes didn't come to rest", *found]

    def violations(self) -> list[str]:
        """Which invariants of Corda, and of both chains together, don't hold while all rests."""
        databases = databases_of(self.corda.supervisor.directory)
        bridge = check_bridge(databases, self.quorum.rpc, self.quorum.file)
        return [str(one) for one in (*check_network(databases), *bridge)]
