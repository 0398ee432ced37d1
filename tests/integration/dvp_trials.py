"""One settlement in which a process is killed, and what has to have come of it."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

import pytest

from corda_sim.invariants import databases_of
from corda_sim.invariants.bridge.reading_corda import read_corda
from corda_sim.invariants.bridge.reading_goquorum import read_goquorum
from corda_sim.testing.dvp_demo.cases import ABORTED, COMMITTED
from corda_sim.testing.dvp_demo.corda_side import (
    BUYER,
    BUYERS_BANK,
    CURRENCY,
    SELLERS_BANK,
    VALIDATOR,
)
from corda_sim.testing.dvp_demo.offer import PRICE, Holdings, Offer
from corda_sim.testing.dvp_demo.quorum_side import BUYER as NEW_OWNER
from corda_sim.testing.dvp_demo.quorum_side import SELLER as FORMER_OWNER
from corda_sim.testing.dvp_demo.rig import Rig
from corda_sim.testing.dvp_demo.set_up import QUICK, ChainChoice, opened
from tests.integration.dvp_points import REACHED, Point, Sight, wait_for
from tests.integration.dvp_victims import VICTIMS

SETTLED_SECONDS: Final = 60.0
"""From the restart on."""
LATEST_SECONDS: Final = 0.15
"""A step takes about so long, and up to a second on GoQuorum."""
OFFER_SECONDS: Final = 600
_CALM_POLL_SECONDS: Final = 0.2


class Death(NamedTuple):
    """Who dies where, `delay` seconds after the point is reached; whether GoQuorum refuses."""

    victim: str
    point: Point
    delay: float
    refused: bool

    @classmethod
    def drawn(cls, victim: str, point: Point, seed: str) -> "Death":
        """With the rest from a seed."""
        random = Random(f"{seed}/{victim}/{point}")
        return cls(victim, point, random.uniform(0, LATEST_SECONDS), random.random() < 0.5)

    def __str__(self) -> str:
        outcome = "refused" if self.refused else "settled"
        return f"{self.victim} at {self.point} + {1000 * self.delay:.0f} ms, {outcome}"


@dataclass(frozen=True, slots=True)
class Trial:
    """A settlement of its own token over a network that others share, one after the other."""

    rig: Rig
    directory: Path
    token: int

    def run(self, death: Death) -> float:
        """To rest, through the death: how many seconds after the restart the settlement ended.

        Raises AssertionError, TimeoutError.
        """
        if death.refused:
            self.rig.quorum.withdraw_approval(self.token)
        offer = Offer.propose(self.rig, self.token, OFFER_SECONDS)
        before, sight = offer.holdings(), Sight(self.rig, self.directory, self.token)
        with ThreadPoolExecutor(1) as pool:
            signing = pool.submit(self._sign, offer)
            wait_for(lambda: REACHED[death.point](sight), f"{death.point} is reached")
            time.sleep(death.delay)
            VICTIMS[death.victim].kill(self.rig)
            VICTIMS[death.victim].start(self.rig)
            began = time.monotonic()
            wait_for(sight.is_released, f"{death}: the end", SETTLED_SECONDS)
            took = time.monotonic() - began
            signing.result()
        assert self._judged(offer, before) == (ABORTED if death.refused else COMMITTED)
        return took

    def _sign(self, offer: Offer) -> None:
        offer.start()
        offer.sign()
        self.rig.quorum.rpc.close()

    def _judged(self, offer: Offer, before: Holdings) -> str:
        """How it has ended, on both chains alike."""
        tx_id = offer.terms.tx_id.hex()
        stage = self.rig.corda.stage(BUYERS_BANK, tx_id)
        assert stage in {COMMITTED, ABORTED}
        assert self.rig.corda.stage(SELLERS_BANK, tx_id) == stage
        moved = PRICE if stage == COMMITTED else 0
        (buyer, had), (seller, got) = before.corda.items()
        after = Holdings(
            {buyer: had - moved, seller: got + moved},
            dict.fromkeys(before.goquorum, NEW_OWNER if moved else FORMER_OWNER),
        )
        assert offer.holdings() == after
        wait_for(lambda: not self._under_way(), "every packet ends", pause=_CALM_POLL_SECONDS)
        assert self.rig.corda.is_calm()
        assert self.rig.violations() == []
        return stage

    def _under_way(self) -> bool:
        """Whether a packet of either chain has been sent, and not ended."""
        databases = databases_of(self.rig.corda.supervisor.directory)
        quorum = self.rig.quorum
        views = read_corda(databases).packets, read_goquorum(quorum.rpc, quorum.file).packets
        return any({place for place, _ in view.sent} - view.ended for view in views)


class Trials:
    """One network for so many trials; one that fails leaves the next one a new network."""

    def __init__(
        self, factory: pytest.TempPathFactory, most: int, choice: ChainChoice = QUICK
    ) -> None:
        self._factory, self._most, self._choice = factory, most, choice
        self._stack = ExitStack()
        self._open: Iterator[Trial] | None = None

    @contextmanager
    def next(self) -> Iterator[Trial]:
        """A trial, for the time of the block."""
        if self._open is None:
            self._open = self._opened()
        try:
            yield next(self._open)
        except BaseException:
            self.close()
            raise

    def _opened(self) -> Iterator[Trial]:
        directory = self._factory.mktemp("dvp")
        tokens = range(7, 7 + self._most)
        rig = self._stack.enter_context(opened(directory, self._choice, tokens, print))
        funds = {"amount": f"{self._most * PRICE} {CURRENCY}", "to_account": BUYER}
        rig.corda.flow(BUYERS_BANK, "CashIssueFlow", "more", validator=VALIDATOR, **funds)
        return (Trial(rig, directory, token) for token in tokens)

    def close(self) -> None:
        """End the network."""
        self._open = None
        self._stack.close()
