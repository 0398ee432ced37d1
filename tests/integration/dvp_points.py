"""The steps of a settlement as crash points: each is seen from outside, while it is under way.

Some lie on a Corda node, some between the chains, some on GoQuorum; each begins with something that
a database or a chain shows from then on. They are numbered as Cross's simple commit does them.
"""

import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from corda_sim.cross.ports import CROSS_PORT
from corda_sim.relayer.work import Kind
from corda_sim.testing.dvp_demo.corda_side import BUYERS_BANK, SELLERS_BANK
from corda_sim.testing.dvp_demo.quorum_side import RELAYER, key_file
from corda_sim.testing.dvp_demo.rig import Rig
from goquorum.endpoint.account import Sender
from goquorum.endpoint.ibc_handler import IbcHandler
from goquorum.endpoint.key_file import read_key

PATIENCE_SECONDS: Final = 120.0
_POLL_SECONDS: Final = 0.003


class Point(StrEnum):
    """Where somebody may die, in the order in which a settlement passes them."""

    INITIATE = "dvp.1"
    SIGN = "dvp.2"
    RELAY_SIGNATURE = "dvp.3"
    LOCK = "dvp.4"
    RELAY_CALL = "dvp.5"
    TRANSFER = "dvp.6"
    RELAY_ANSWER = "dvp.7"
    RELEASE = "dvp.8"


FLOWS = (
    "SELECT count(*) FROM node_flow_metadata WHERE finish_time IS NULL AND flow_identifier LIKE ?"
)
STARTED = "SELECT count(*) FROM node_flow_metadata WHERE flow_identifier = ?"
LOCKS = """
    SELECT count(*), coalesce(sum(state_status = 0), 0) FROM vault_states
    WHERE contract_state_class_name LIKE '%.CashLock'
"""


def query(rig: Rig, node: str, sql: str, *values: object) -> tuple[int, ...]:
    """The first row that a node's database answers with."""
    file = rig.corda.clients.directory(node) / "node.db"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        row: tuple[int, ...] = database.execute(sql, values).fetchone()
    return row


@dataclass(frozen=True, slots=True)
class Locks:
    """How many locks a node has ever held, and how many of them are not released."""

    all: int
    held: int

    @classmethod
    def at(cls, rig: Rig, node: str) -> "Locks":
        return cls(*query(rig, node, LOCKS))


class Sight:
    """What has come of a settlement, since this was made; before it, all was at rest."""

    def __init__(self, rig: Rig, directory: Path, token: int) -> None:
        self._rig, self._start = rig, f"start {token}"
        quorum = rig.quorum
        self._seller = quorum.seller
        self._relayer = Sender(quorum.rpc, read_key(directory / key_file(RELAYER), str))
        self._signed = self._seller.settled_nonce()
        self._sent = self._relayer.settled_nonce()
        self._locks = Locks.at(rig, BUYERS_BANK).all
        self._block = int(quorum.rpc.call("eth_blockNumber"), 16) + 1

    def is_started(self) -> bool:
        return query(self._rig, BUYERS_BANK, STARTED, self._start)[0] > 0

    def is_signing(self) -> bool:
        return self._seller.pending_nonce() > self._signed

    def is_signed(self) -> bool:
        return self._seller.settled_nonce() > self._signed

    def is_locking(self) -> bool:
        return self._takes(Kind.RECEIVE) or self.is_locked()

    def is_locked(self) -> bool:
        return Locks.at(self._rig, BUYERS_BANK).all > self._locks

    def is_calling(self) -> bool:
        return self._relayer.pending_nonce() > self._sent

    def is_answered(self) -> bool:
        handler = IbcHandler(self._rig.quorum.rpc, self._rig.quorum.bridge.handler.address)
        return any(
            told.event.name == "WriteAcknowledgement"
            and told.event.arguments["destinationPortId"] == CROSS_PORT
            for told in handler.history(self._block)
        )

    def is_releasing(self) -> bool:
        return self._takes(Kind.ACKNOWLEDGE) or self.is_released()

    def is_released(self) -> bool:
        """Whether both banks know the end."""
        found = [Locks.at(self._rig, node) for node in (BUYERS_BANK, SELLERS_BANK)]
        return all(locks.all > self._locks and not locks.held for locks in found)

    def _takes(self, kind: Kind) -> bool:
        """Whether the buyer's node has a flow of the relayer's under way."""
        return query(self._rig, BUYERS_BANK, FLOWS, f"relay/{kind.value}/%")[0] > 0


REACHED: Final[Mapping[Point, Callable[[Sight], bool]]] = {
    Point.INITIATE: Sight.is_started,
    Point.SIGN: Sight.is_signing,
    Point.RELAY_SIGNATURE: Sight.is_signed,
    Point.LOCK: Sight.is_locking,
    Point.RELAY_CALL: Sight.is_locked,
    Point.TRANSFER: Sight.is_calling,
    Point.RELAY_ANSWER: Sight.is_answered,
    Point.RELEASE: Sight.is_releasing,
}
"""Once a point is reached, it and those before it stay so."""


def wait_for(
    holds: Callable[[], bool],
    what: str,
    seconds: float = PATIENCE_SECONDS,
    pause: float = _POLL_SECONDS,
) -> None:
    """Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(pause)
