"""`sim`: whole networks under faults, each drawn from a seed and in one process."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import track

from corda_sim.cli.options import Json
from corda_sim.cli.output import console, emit, errors
from corda_sim.core.errors import IllegalArgumentError

if TYPE_CHECKING:
    from corda_sim.testing.sim.run import Result, Simulator

_FEW = 8
"""So many seeds are run sooner than further processes have started."""


def sim(
    seeds: Annotated[str, typer.Option(help="The first and the last, as 1..1000.")] = "1..100",
    seed: Annotated[int | None, typer.Option(min=0, help="This one alone.")] = None,
    trace: Annotated[bool, typer.Option("--trace", help="Print the history of --seed.")] = False,
    as_json: Json = False,
) -> None:
    """Simulate networks under faults and check their invariants."""
    from corda_sim.testing.sim.seeds import parse_seeds, report_of

    try:
        wanted = parse_seeds(seeds if seed is None else str(seed))
    except IllegalArgumentError as error:
        raise typer.BadParameter(str(error), param_hint="--seeds") from error
    with _quiet():
        if trace:
            raise typer.Exit(_trace(wanted))
        report = report_of(_progress(wanted, hidden=as_json))
        document = report.document()
        rate = len(wanted) / report.seconds
        emit(
            document,
            as_json=as_json,
            text=f"{len(wanted)} seeds, {len(document['violations'])} violations, "
            f"{rate:.1f} seeds/s, history {report.history_hash}",
        )
        if report.failed and not as_json:
            _explain(report.failed[0])
    if report.failed:
        raise typer.Exit(1)


def _progress(seeds: range, *, hidden: bool) -> Iterable["Result"]:
    disabled = hidden or not errors.is_terminal
    return track(
        _results(seeds),
        "Seeds",
        total=len(seeds),
        console=errors,
        transient=True,
        disable=disabled,
    )


def _results(seeds: range) -> Iterable["Result"]:
    from corda_sim.testing.sim.crew import run_side_by_side
    from corda_sim.testing.sim.seeds import run_seeds

    return run_seeds(_simulator(), seeds) if len(seeds) <= _FEW else run_side_by_side(seeds)


def _simulator() -> "Simulator":
    from corda_sim.testing.sim.run import Simulator

    return Simulator()


@contextmanager
def _quiet() -> Iterator[None]:
    """The nodes' warnings are of faults that were wanted."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _trace(seeds: range) -> int:
    from corda_sim.testing.sim.plan import Plan

    simulator, failed = _simulator(), 0
    for seed in seeds:
        result = simulator.run(Plan.draw(seed), traced=True)
        _print(result)
        failed |= bool(result.violations)
    return failed


def _explain(failing: "Result") -> None:
    from corda_sim.testing.sim.shrink import shrink

    seed = failing.plan.seed
    errors.print(f"Seed {seed} fails; looking for its shortest history.", highlight=False)
    _print(shrink(_simulator(), failing))
    errors.print(f"The whole of it: corda-sim sim --seed {seed} --trace", highlight=False)


def _print(result: "Result") -> None:
    lines = [
        f"seed {result.plan.seed}: {len(result.plan.payments)} payments",
        *(f"fault {fault}" for fault in result.plan.faults),
        *result.lines,
        *map(str, result.violations),
        f"history {result.digest}",
    ]
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
