"""Every process of a settlement is killed at every step of it, one at a time.

Within a minute of the restart the settlement is done, or undone, on both chains alike, and the
invariants of both hold. How long after the step's beginning the process dies, and whether GoQuorum
refuses, is drawn anew each time from PYTHONHASHSEED; the default run takes a few, drawn as well.
"""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from corda_sim.testing.dvp_demo.set_up import ChainChoice
from tests.integration.dvp_points import Point
from tests.integration.dvp_trials import Death, Trials
from tests.integration.dvp_victims import VICTIMS

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

SEED = os.environ.get("PYTHONHASHSEED", "random")
GETH = os.environ.get("GOQUORUM_GETH")
SAMPLE = 3


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trials]:
    with closing(Trials(tmp_path_factory, len(Point) * len(VICTIMS) + SAMPLE)) as made:
        yield made


def test_a_sample_of_deaths(trials: Trials) -> None:
    survive_some(trials)


@pytest.mark.skipif(not GETH, reason="GOQUORUM_GETH names no GoQuorum")
def test_a_sample_of_deaths_on_goquorum(tmp_path_factory: pytest.TempPathFactory) -> None:
    with closing(Trials(tmp_path_factory, SAMPLE, ChainChoice(geth=Path(GETH or "geth")))) as real:
        survive_some(real)


@pytest.mark.slow
@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("point", Point)
def test_a_settlement_survives(trials: Trials, point: Point, victim: str) -> None:
    survive(trials, victim, point)


def survive_some(trials: Trials) -> None:
    random = Random(SEED)
    victims, points = random.sample(sorted(VICTIMS), SAMPLE), random.sample(list(Point), SAMPLE)
    for victim, point in zip(victims, points, strict=True):
        survive(trials, victim, point)


def survive(trials: Trials, victim: str, point: Point) -> None:
    death = Death.drawn(victim, point, SEED)
    print(f"PYTHONHASHSEED={SEED}: {death}")
    with trials.next() as trial:
        print(f"  its end came {trial.run(death):.1f} s after the restart")
