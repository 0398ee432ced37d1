"""`demo`, `demo cash` and `check DIR`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from corda_sim.cli.options import Json
from corda_sim.cli.output import emit, errors
from corda_sim.cli.stopping import interrupt_when_stopped

app = typer.Typer()
Directory = Annotated[Path | None, typer.Option(help="Where everything is made.")]


@app.callback(invoke_without_command=True)
def dvp(
    context: typer.Context,
    case: Annotated[
        list[str] | None, typer.Option(help="Which cases; all by default. Repeatable.")
    ] = None,
    geth: Annotated[Path | None, typer.Option(help="On GoQuorum, of this binary.")] = None,
    rpc: Annotated[str | None, typer.Option(metavar="URL", help="On a running network.")] = None,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Settle a stablecoin on Corda against a token on GoQuorum, and see it go wrong safely."""
    if context.invoked_subcommand is not None:
        return
    from corda_sim.testing.dvp_demo.cases import CASES
    from corda_sim.testing.dvp_demo.demo import DvpDemo
    from corda_sim.testing.dvp_demo.set_up import ChainChoice

    unknown = [one for one in case or () if one not in CASES]
    if unknown:
        raise typer.BadParameter(f"cases are {', '.join(CASES)}", param_hint="--case")
    if geth is not None and rpc is not None:
        raise typer.BadParameter("give --geth or --rpc, not both")
    interrupt_when_stopped()
    demo = DvpDemo(tuple(case or CASES), ChainChoice(rpc, geth), directory)
    report = demo.run(Console(quiet=as_json, highlight=False))
    if as_json:
        emit(asdict(report), as_json=True)
    if not report.ok:
        raise typer.Exit(1)


@app.command()
def cash(
    payments: Annotated[int, typer.Option(min=300, help="How many payments to settle.")] = 2000,
    directory: Directory = None,
    reload: Annotated[
        bool, typer.Option("--reload", help="Rebuild every flow from its journal at every suspend.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Settle payments on real nodes while a party and the notary are killed."""
    from corda_sim.testing.demo import CashDemo

    demo = CashDemo(payments, directory, reload=reload)
    report = demo.run(Console(quiet=as_json), errors)
    if as_json:
        emit(asdict(report), as_json=True)
    if not report.ok:
        raise typer.Exit(1)


def check(directory: Path, as_json: Json = False) -> None:
    """Check the invariants over a whole network at rest."""
    from corda_sim.invariants.check import check_directory

    found = [str(one) for one in check_directory(directory)]
    emit({"violations": found}, as_json=as_json, text="\n".join(found) or "no violations")
    if found:
        raise typer.Exit(1)
