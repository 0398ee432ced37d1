"""`vault query | balance`."""

from typing import Annotated, Literal

import typer

from corda_sim.cli.connect import connect
from corda_sim.cli.options import Json
from corda_sim.cli.output import emit

app = typer.Typer(no_args_is_help=True)
Account = Annotated[str | None, typer.Option(help="An account's name or UUID.")]


@app.command()
def balance(context: typer.Context, account: Account = None, as_json: Json = False) -> None:
    """Unspent cash by currency."""
    with connect(context.obj) as client:
        emit(client.invoke("vaultBalance", account=account), as_json=as_json)


@app.command()
def query(
    context: typer.Context,
    state: Annotated[str, typer.Argument(help="A state's wire name, or its end.")],
    status: Annotated[Literal["unconsumed", "consumed", "all"], typer.Option()] = "unconsumed",
    account: Account = None,
    page: Annotated[int, typer.Option(min=1)] = 1,
    page_size: Annotated[int, typer.Option(min=1, max=10_000)] = 200,
    as_json: Json = False,
) -> None:
    """A page of states."""
    with connect(context.obj) as client:
        found = client.invoke(
            "vaultQuery",
            state=state,
            status=status,
            account=account,
            page=page,
            page_size=page_size,
        )
    emit(found if as_json else found["states"], as_json=as_json)
