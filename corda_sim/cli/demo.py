"""`demo cash` and `check DIR`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from corda_sim.cli.options import Json
from corda_sim.cli.output import emit, errors

app = typer.Typer(no_args_is_help=True)


@app.command()
def cash(
    payments: Annotated[int, typer.Option(min=300, help="How many payments to settle.")] = 2000,
    directory: Annotated[Path | None, typer.Option(help="Where the network is made.")] = None,
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
