"""`bench dvp latency`: how long a DvP takes, beside pairs of bare mints on the same chain.

The second mint of a pair is sent on the first's receipt, so that both wait for as many blocks. All
processes are real, as in the demonstration. With a block period the pairs and the DvPs begin at the
same moments between two blocks, spread evenly: what is lost by waiting for a block is alike.
"""

import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.machine import Machine
from bench.processes import cpu_ms
from corda_sim.testing.dvp_demo.legs import Leg, Part
from corda_sim.testing.dvp_demo.offer import PRICE, Offer
from corda_sim.testing.dvp_demo.rig import Rig
from corda_sim.testing.dvp_demo.set_up import ChainChoice, Money, opened

WARM_UP: Final = 3
"""DvPs that aren't measured: each process has loaded what it needs by then."""
EXPIRES_IN: Final = 600
FIRST_MINT: Final = 1 << 32
"""So that no bare mint is of a token that is sold."""
_POLL_SECONDS: Final = 0.002


@dataclass(frozen=True, slots=True)
class LatencyFigures:
    """Medians in milliseconds, over `rounds`.

    `legs` are a DvP's, `parts` the terms of the formula (3 x Corda + 2 x GoQuorum + 3 x relayer and
    LCP), each the median of its sums; `relay_ms` is of all legs' relayer shares. `cpu_ms` is for a
    DvP, by process.
    """

    tier: str
    blocks: str
    rounds: int
    dvp_ms: float
    mints_ms: float
    ratio: float
    relay_ms: float
    parts: Mapping[str, float]
    legs: Mapping[str, float]
    cpu_ms: Mapping[str, float]
    before: Machine
    after: Machine


@dataclass(frozen=True, slots=True)
class Round:
    """One pair of mints and one DvP, in milliseconds; CPU of the DvP alone."""

    mints: float
    dvp: float
    legs: Sequence[Leg]
    cpu: Counter[str]


def run(rounds: int, choice: ChainChoice) -> LatencyFigures:
    """Measure. Raises what setting the network up raises."""
    before = Machine.measure()
    with warm(rounds, choice) as (rig, tokens):
        phases = [(at + 0.5) / rounds for at in range(rounds)]
        pairs = zip(tokens, phases, strict=True)
        found = [_round(rig, token, phase, choice) for token, phase in pairs]
    return _figures(found, choice, before)


@contextmanager
def warm(count: int, choice: ChainChoice, states: int = 1) -> Iterator[tuple[Rig, range]]:
    """Everything up and warm, with so many tokens to be sold.

    The buyer can pay for them, and for those that were sold to warm up, out of as many `states` as
    are asked for. Raises what setting the network up raises.
    """
    tokens = range(1, WARM_UP + count + 1)
    money = Money(PRICE * len(tokens), states)
    with (
        tempfile.TemporaryDirectory(prefix="corda-sim-bench-") as base,
        opened(Path(base), choice, tokens, lambda _: None, money) as rig,
    ):
        for token in tokens[:WARM_UP]:
            play(Offer.propose(rig, token, EXPIRES_IN))
        yield rig, tokens[WARM_UP:]


def _round(rig: Rig, token: int, phase: float, choice: ChainChoice) -> Round:
    _await_phase(rig, phase, choice)
    mints = _timed(lambda: _mint_twice(rig, token))
    offer = Offer.propose(rig, token, EXPIRES_IN)
    _await_phase(rig, phase, choice)
    used = cpu_ms()
    dvp = _timed(lambda: play(offer))
    return Round(mints, dvp, offer.watch.legs, cpu_ms() - used)


def _timed(run: Callable[[], None]) -> float:
    began = time.perf_counter()
    run()
    return (time.perf_counter() - began) * 1000


def _mint_twice(rig: Rig, token: int) -> None:
    quorum = rig.quorum
    for number in (FIRST_MINT + 2 * token, FIRST_MINT + 2 * token + 1):
        quorum.bridge.token.transact(quorum.issuer, "mint", quorum.seller.address, number)


def play(offer: Offer) -> None:
    """Both sign, and it settles."""
    offer.start()
    offer.sign()
    offer.await_lock()
    offer.await_answer()
    offer.await_end()


def _await_phase(rig: Rig, phase: float, choice: ChainChoice) -> None:
    """Wait for a new block, and then for a part of the block period."""
    if choice.period == "instant":
        return
    head = rig.quorum.rpc.call("eth_blockNumber")
    while rig.quorum.rpc.call("eth_blockNumber") == head:
        time.sleep(_POLL_SECONDS)
    time.sleep(phase)


def _figures(found: Sequence[Round], choice: ChainChoice, before: Machine) -> LatencyFigures:
    dvp, mints = (_median(values) for values in ([x.dvp for x in found], [x.mints for x in found]))
    relays = [leg.ms for one in found for leg in one.legs if leg.part is Part.RELAY]
    cpu = sum((one.cpu for one in found), Counter[str]())
    return LatencyFigures(
        tier=choice.tier,
        blocks=choice.period or "1s",
        rounds=len(found),
        dvp_ms=dvp,
        mints_ms=mints,
        ratio=round(dvp / mints, 3),
        relay_ms=_median(relays),
        parts={part.value: _median(_sums(found, part)) for part in Part},
        legs=_medians((leg.leg, leg.ms) for one in found for leg in one.legs),
        cpu_ms={name: round(used / len(found), 1) for name, used in cpu.most_common()},
        before=before,
        after=Machine.measure(),
    )


def _sums(found: Iterable[Round], part: Part) -> list[float]:
    return [sum(leg.ms for leg in one.legs if leg.part is part) for one in found]


def _medians(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    by_name = defaultdict[str, list[float]](list)
    for name, value in pairs:
        by_name[name].append(value)
    return {name: _median(values) for name, values in by_name.items()}


def _median(values: Sequence[float]) -> float:
    return round(statistics.median(values), 1)
