"""`bridge audit | repair`: whether the bridge's states are still there, and putting locks back."""

from typing import Annotated

import typer

from corda_sim.cli.connect import connect
from corda_sim.cli.ibc import Host
from corda_sim.cli.options import Json
from corda_sim.cli.output import emit

app = typer.Typer(no_args_is_help=True)
Lock = Annotated[str, typer.Argument(metavar="REF", help="the lock, as `bridge audit` shows it")]


@app.command()
def audit(context: typer.Context, host: Host = None, as_json: Json = False) -> None:
    """Find bridge states and locks that were consumed without the validators' signatures.

    Asks the notary and, where something is consumed, the validators. Exit code 1 if there are any.
    """
    with connect(context.obj) as client:
        arguments = {} if host is None else {"base_id": host}
        found = client.start_flow("BridgeAuditFlow", arguments).get()
    emit(found, as_json=as_json)
    if found:
        raise typer.Exit(1)


@app.command()
def repair(context: typer.Context, lock: Lock, as_json: Json = False) -> None:
    """Put a burnt lock back as it was, signed by the issuer of its coins and the validators.

    Shows the lock in its place.
    """
    with connect(context.obj) as client:
        restored = client.start_flow("BridgeRepairFlow", {"lock": lock}).get()
    emit(restored, as_json=as_json)
