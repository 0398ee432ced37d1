"""`account create | list | share`."""

from typing import Annotated

import typer

from corda_sim.cli.connect import connect
from corda_sim.cli.options import Json
from corda_sim.cli.output import emit

app = typer.Typer(no_args_is_help=True)


@app.command()
def create(context: typer.Context, name: str, as_json: Json = False) -> None:
    """Create an account on this node."""
    with connect(context.obj) as client:
        result = client.start_flow("CreateAccount", {"name": name}).get()
    made = result["data"]
    emit({"name": name, "host": made["host"], "identifier": made["linear_id"]}, as_json=as_json)


@app.command("list")
def list_accounts(context: typer.Context, as_json: Json = False) -> None:
    """The accounts that this node knows."""
    with connect(context.obj) as client:
        emit(client.invoke("accountList"), as_json=as_json)


@app.command()
def share(
    context: typer.Context,
    name: str,
    party: Annotated[str, typer.Argument(help="Whom to tell.")],
    as_json: Json = False,
) -> None:
    """Tell another node of an account."""
    with connect(context.obj) as client:
        client.start_flow("ShareAccountInfo", {"account": name, "recipient": party}).get()
    emit({"shared": name, "with": party}, as_json=as_json)
