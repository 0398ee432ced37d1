"""`sim`: whole networks under faults, each drawn from a seed, in one process."""

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


def sim(
    seeds: Annotated[str, typer.Option(help="The first and the last, as 1..1000.")] = "1..100",
    seed: Annotated[int | None, typer.Option(min=0, help="This one alone.")] = None,
    trace: Annotated[bool, typer.Option("--trace", help="Print the history of --seed.")] = False,
    as_json: Json = False,
) -> None:
    """Simulate networks under faults and check their invariants."""
    from corda_sim.testing.sim.run import Simulator
    from corda_sim.testing.sim.seeds import parse_seeds, run_seeds

    try:
        wanted = parse_seeds(seeds if seed is None else str(seed))
    except IllegalArgumentError as error:
        raise typer.BadParameter(str(error), param_hint="--seeds") from error
    with _quiet():
        simulator = Simulator()
        if trace:
            raise typer.Exit(_trace(simulator, wanted))
        report = run_seeds(simulator, _progress(wanted, hidden=as_json))
        document = report.document()
        rate = len(wanted) / report.seconds
        emit(
            document,
            as_json=as_json,
            text=f"{len(wanted)} seeds, {len(document['violations'])} violations, "
            f"{rate:.1f} seeds/s, history {report.history_hash}",
        )
        if report.failed and not as_json:
            _explain(simulator, report.failed[0])
    if report.failed:
        raise typer.Exit(1)


def _progress(seeds: range, *, hidden: bool) -> Iterable[int]:
    disabled = hidden or not errors.is_terminal
    return track(seeds, "Seeds", console=errors, transient=True, disable=disabled)


@contextmanager
def _quiet() -> Iterator[None]:
    """The nodes' warnings are of faults that were wanted."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _trace(simulator: "Simulator", seeds: range) -> int:
    from corda_sim.testing.sim.plan import Plan

    failed = 0
    for seed in seeds:
        result = simulator.run(Plan.draw(seed), traced=True)
        _print(result)
        failed |= bool(result.violations)
    return failed


def _explain(simulator: "Simulator", failing: "Result") -> None:
    from corda_sim.testing.sim.shrink import shrink

    seed = failing.plan.seed
    errors.print(f"Seed {seed} fails; looking for its shortest history.", highlight=False)
    _print(shrink(simulator, failing))
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
