"""MockNetwork: real nodes in one process, without sockets, time or chance.

Engine, committer rules, vault, notary and database (SQLite files) are those of a node process; only
the transport, the clock and the entropy are the test's (net.corda.testing.node.MockNetwork).
"""

import tempfile
from collections.abc import Iterable, Sequence
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Self

from corda_sim.core.identity import Party
from corda_sim.flow.cordapp import CordApp
from corda_sim.node.cordapps import installed_cordapps
from corda_sim.testing.clock import TestClock
from corda_sim.testing.mock_bus import MockBus
from corda_sim.testing.mock_node import MockNode
from corda_sim.testing.site import NOTARY, VALIDATOR, Site


class MockNetwork:
    """A network of nodes for tests: `PartyA`, `PartyB`, a notary and a validator by default.

    Everything follows from `seed`. `reload` rebuilds every flow from its journal at every suspend.
    `archives` of contracts that were deployed before stand in for those of the code.
    """

    def __init__(
        self,
        parties: Iterable[str] = ("PartyA", "PartyB"),
        *,
        validating_notary: bool = True,
        cordapps: Iterable[CordApp] | None = None,
        seed: int = 0,
        reload: bool = False,
        directory: Path | None = None,
        archives: Sequence[bytes] | None = None,
    ) -> None:
        self._temporary = None if directory else tempfile.TemporaryDirectory(prefix="mocknet-")
        self.directory = directory or Path(self._temporary.name if self._temporary else ".")
        self.clock, self.bus, self.seed, self.reload = TestClock(), MockBus(), seed, reload
        self.cordapps = list(installed_cordapps() if cordapps is None else cordapps)
        self._draws = 0
        names = [*parties, VALIDATOR, NOTARY]
        self.site = Site.make(
            names, self.cordapps, seed, validating=validating_notary, archives=archives
        )
        self.keys = self.site.keys
        self.parameters, self.notary_party = self.site.parameters, self.site.notary_party
        self.nodes = {name: MockNode(self, self.site.spec(name, self.directory)) for name in names}

    def party_of(self, name: str) -> Party:
        """The legal identity of a node."""
        return self.site.party_of(name)

    def entropy(self, size: int) -> bytes:
        """The next bytes of the network's seeded randomness."""
        drawn = b""
        while len(drawn) < size:
            self._draws += 1
            drawn += sha256(f"{self.seed}/{self._draws}".encode()).digest()
        return drawn[:size]

    def __getitem__(self, name: str) -> MockNode:
        return self.nodes[name]

    def run_network(self, max_rounds: int = 100_000) -> None:
        """Let all nodes work until none has anything left to do."""
        for _ in range(max_rounds):
            if not sum(node.pump() for node in self.nodes.values()):
                return
        raise AssertionError(f"the network didn't come to rest in {max_rounds} rounds")

    def advance(self, by: timedelta) -> None:
        """Move the clock, then let the nodes work."""
        self.clock.advance(by)
        self.run_network()

    def stop_nodes(self) -> None:
        """Close all databases and remove the files."""
        for node in self.nodes.values():
            node.stop()
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_nodes()
