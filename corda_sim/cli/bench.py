"""`bench payments | steps | gas`: figures from the benchmarks of the source checkout."""

from dataclasses import asdict
from importlib import import_module
from typing import Annotated, Any

import typer

from corda_sim.cli.options import Json
from corda_sim.cli.output import emit
from corda_sim.core.errors import CordaError

app = typer.Typer(no_args_is_help=True)


class BenchmarksMissingError(CordaError):
    """The benchmarks aren't part of the installed package."""


@app.command()
def payments(
    count: Annotated[int, typer.Option(min=10, help="Payments of each kind.")] = 500,
    as_json: Json = False,
) -> None:
    """Payments a second between two parties."""
    emit(asdict(_benchmark("payments").run(count)), as_json=as_json)


@app.command()
def steps(
    count: Annotated[int, typer.Option(min=10, help="Flows of five steps.")] = 500,
    as_json: Json = False,
) -> None:
    """Durable steps a second, beside DBOS."""
    emit(asdict(_benchmark("steps").run(count)), as_json=as_json)


@app.command()
def gas(as_json: Json = False) -> None:
    """Gas of the bridge's transactions on GoQuorum, the same on every machine."""
    emit(asdict(_benchmark("gas").run()), as_json=as_json)


def _benchmark(name: str) -> Any:  # noqa: ANN401 - a module
    try:
        return import_module(f"bench.{name}")
    except ModuleNotFoundError as error:
        if error.name not in ("bench", f"bench.{name}"):
            raise
        raise BenchmarksMissingError("Run it from a source checkout: ./corda-sim bench") from error
