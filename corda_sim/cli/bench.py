"""`bench payments | steps | gas | proofs | dvp | resolving`: figures from the source checkout."""

from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from corda_sim.cli.goquorum_options import Geth
from corda_sim.cli.options import Json
from corda_sim.cli.output import emit
from corda_sim.core.errors import CordaError

if TYPE_CHECKING:
    from corda_sim.testing.dvp_demo.set_up import ChainChoice

app = typer.Typer(no_args_is_help=True)
dvp = typer.Typer(no_args_is_help=True, help="A stablecoin against a token, on real processes.")
app.add_typer(dvp, name="dvp")
Blocks = Annotated[Literal["1s", "instant"], typer.Option(help="The quick chain's blocks.")]


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
def resolving(
    dvps: Annotated[int, typer.Option(min=100, help="Exchanges on one channel.")] = 10_000,
    as_json: Json = False,
) -> None:
    """Transactions that a new node resolves to accept a coin that an exchange has paid."""
    emit(asdict(_benchmark("resolving").run(dvps)), as_json=as_json)


@app.command()
def gas(as_json: Json = False) -> None:
    """Gas of the bridge's transactions on GoQuorum, the same on every machine."""
    emit(asdict(_benchmark("gas").run()), as_json=as_json)


@app.command()
def proofs(
    count: Annotated[int, typer.Option(min=10, help="Headers with a value each.")] = 1000,
    as_json: Json = False,
) -> None:
    """Verify a header of GoQuorum and a value, bare and by LCP."""
    emit(asdict(_benchmark("light_clients").run(count)), as_json=as_json)


@dvp.command()
def latency(
    count: Annotated[int, typer.Option(min=2, help="DvPs, and pairs of mints.")] = 20,
    blocks: Blocks = "1s",
    geth: Geth = None,
    as_json: Json = False,
) -> None:
    """How long a DvP takes, by leg, beside pairs of bare mints on the same chain."""
    emit(asdict(_benchmark("dvp_latency").run(count, _choice(blocks, geth))), as_json=as_json)


@dvp.command()
def throughput(
    count: Annotated[int, typer.Option(min=10, help="DvPs; 1200 for the goal.")] = 200,
    at_once: Annotated[int, typer.Option(min=1, help="How many are under way.")] = 100,
    blocks: Blocks = "1s",
    geth: Geth = None,
    as_json: Json = False,
) -> None:
    """DvPs a second, many at a time."""
    choice = _choice(blocks, geth)
    emit(asdict(_benchmark("dvp_throughput").run(count, at_once, choice)), as_json=as_json)


def _choice(blocks: Literal["1s", "instant"], geth: Path | None) -> "ChainChoice":
    from corda_sim.testing.dvp_demo.set_up import ChainChoice

    return ChainChoice(geth=geth, period=blocks)


def _benchmark(name: str) -> Any:  # noqa: ANN401 - a module
    try:
        return import_module(f"bench.{name}")
    except ModuleNotFoundError as error:
        if error.name not in ("bench", f"bench.{name}"):
            raise
        raise BenchmarksMissingError("Run it from a source checkout: ./corda-sim bench") from error
