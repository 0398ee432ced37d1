"""Both chains and the bridge between them, up and open."""

from dataclasses import dataclass

from corda_sim.testing.dvp_demo.bridge import Relaying
from corda_sim.testing.dvp_demo.corda_side import CordaSide
from corda_sim.testing.dvp_demo.quorum_side import QuorumSide


@dataclass(frozen=True, slots=True)
class Rig:
    """What a case works with."""

    corda: CordaSide
    quorum: QuorumSide
    relaying: Relaying

    def rest(self) -> list[str]:
        """Stop relaying, let Corda come to rest and stop it: which invariants don't hold."""
        self.relaying.stop()
        return self.corda.rest()
