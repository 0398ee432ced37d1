"""The processes of a settlement: how each is killed, and started again."""

import os
import signal
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Final, NamedTuple

from corda_sim.lcp.client import LcpConnection
from corda_sim.node.run_files import node_processes
from corda_sim.testing.dvp_demo.corda_side import BUYERS_BANK, SELLERS_BANK, VALIDATOR
from corda_sim.testing.dvp_demo.rig import Rig

NOTARY: Final = "Notary"


class Victim(NamedTuple):
    """SIGKILL to a process; starting it again returns when it is ready."""

    kill: Callable[[Rig], None]
    start: Callable[[Rig], None]


def _node(name: str) -> Victim:
    def kill(rig: Rig) -> None:
        assert node_processes(rig.corda.clients.directory(name))
        rig.corda.kill(name)

    return Victim(kill, lambda rig: rig.corda.start(name))


def _kill_proxy(rig: Rig) -> None:
    assert rig.proxy.service.is_alive
    rig.proxy.service.kill()


def _kill_enclave(rig: Rig) -> None:
    os.kill(rig.proxy.enclave, signal.SIGKILL)


def _kill_relayer(rig: Rig) -> None:
    assert rig.relaying.health
    rig.relaying.kill()


def _ask_enclave(rig: Rig) -> None:
    """LCP starts its enclave by itself, when it is asked for something."""
    with closing(LcpConnection(rig.proxy.address)) as proxy:
        assert proxy.enclave_keys(), "it has those that it had"


VICTIMS: Final[Mapping[str, Victim]] = {
    "buyer's node": _node(BUYERS_BANK),
    "seller's node": _node(SELLERS_BANK),
    "notary": _node(NOTARY),
    "validator": _node(VALIDATOR),
    "LCP": Victim(_kill_proxy, lambda rig: rig.proxy.restart()),
    "enclave": Victim(_kill_enclave, _ask_enclave),
    "relayer": Victim(_kill_relayer, lambda rig: rig.relaying.switch(BUYERS_BANK)),
}
