"""`demo cash` and `check DIR`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from corda_sim.cli.network import set_up_notary
from corda_sim.cli.options import Json
from corda_sim.cli.output import emit

app = typer.Typer(no_args_is_help=True)


@app.command()
def cash(
    payments: Annotated[int, typer.Option(min=1, help="How many payments to settle.")] = 2000,
    directory: Annotated[Path | None, typer.Option(help="Where the network is made.")] = None,
    as_json: Json = False,
) -> None:
    """Settle payments on real nodes while a party and the notary are killed."""
    from corda_sim.testing.demo import run_cash_demo

    report = run_cash_demo(payments, directory, set_up_notary, quiet=as_json)
    emit(asdict(report), as_json=as_json)
    if not report.ok:
        raise typer.Exit(1)


def check(directory: Path, as_json: Json = False) -> None:
    """Check the invariants over a whole network at rest."""
    from corda_sim.invariants.check import check_directory

    found = [str(one) for one in check_directory(directory)]
    emit({"violations": found}, as_json=as_json, text="\n".join(found) or "no violations")
    if found:
        raise typer.Exit(1)
