"""Many seeds side by side: a process for each processor, with a stage of its own.

A world is one thread of Python, and nothing of it depends on its process: the results are those of
one process, in the order of the seeds.
"""

import gc
import logging
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache

from corda_sim.testing.sim.plan import Plan
from corda_sim.testing.sim.run import Result, Simulator

_AT_ONCE = 4
"""Seeds that are handed to a process together."""


def run_side_by_side(seeds: range, processes: int | None = None) -> Iterator[Result]:
    """Run the plans of these seeds; by default on all processors."""
    # forked processes would share the databases in this one's memory
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes or os.cpu_count(), mp_context=context) as pool:
        yield from pool.map(_run, seeds, chunksize=_AT_ONCE)


def _run(seed: int) -> Result:
    return _simulator().run(Plan.draw(seed))


@cache
def _simulator() -> Simulator:
    """This process's; its nodes' warnings are of faults that were wanted."""
    logging.disable(logging.CRITICAL)
    made = Simulator()
    # else each full collection would go through all modules and schemas again
    gc.collect()
    gc.freeze()
    return made
