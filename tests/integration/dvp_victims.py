"""The processes of a settlement: how each is killed, and started again."""

import os
import signal
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from corda_sim.testing.dvp_demo.corda_side import BUYERS_BANK, SELLERS_BANK, VALIDATOR
from corda_sim.testing.dvp_demo.rig import Rig

NOTARY: Final = "Notary"


class Victim(NamedTuple):
    """SIGKILL to a process; starting it again returns when it is ready."""

    kill: Callable[[Rig], None]
    start: Callable[[Rig], None]


def _node(name: str) -> Victim:
    return Victim(lambda rig: rig.corda.kill(name), lambda rig: rig.corda.start(name))


def _kill_proxy(rig: Rig) -> None:
    assert rig.proxy.service.is_alive
    rig.proxy.service.kill()


def _kill_enclave(rig: Rig) -> None:
    os.kill(rig.proxy.enclave, signal.SIGKILL)


def _kill_relayer(rig: Rig) -> None:
    assert rig.relaying.health, "it runs"
    rig.relaying.kill()


def _leave(_: Rig) -> None:
    """LCP starts its enclave by itself, when it is asked for something."""


VICTIMS: Final[Mapping[str, Victim]] = {
    "buyer's node": _node(BUYERS_BANK),
    "seller's node": _node(SELLERS_BANK),
    "notary": _node(NOTARY),
    "validator": _node(VALIDATOR),
    "LCP": Victim(_kill_proxy, lambda rig: rig.proxy.restart()),
    "enclave": Victim(_kill_enclave, _leave),
    "relayer": Victim(_kill_relayer, lambda rig: rig.relaying.switch(BUYERS_BANK)),
}
