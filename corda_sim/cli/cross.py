"""`cross status | list`: cross-chain transactions that were started on the bridge's host."""

from typing import Annotated

import typer

from corda_sim.cli.connect import connect
from corda_sim.cli.options import Json
from corda_sim.cli.output import emit

app = typer.Typer(no_args_is_help=True)


def tx_id(text: str) -> bytes:
    """A transaction's id that the user wrote: 64 hexadecimal digits."""
    try:
        found = bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} isn't hexadecimal") from error
    if len(found) != 32:
        raise typer.BadParameter(f"a transaction's id has 32 bytes, not {len(found)}")
    return found


TxId = Annotated[bytes, typer.Argument(metavar="TXID", parser=tx_id, help="32 bytes in hex.")]


@app.command()
def status(context: typer.Context, tx: TxId, as_json: Json = False) -> None:
    """Where a transaction is, and who has still to sign it."""
    with connect(context.obj) as client:
        found = client.start_flow("CrossStatusFlow", {"tx_id": tx.hex()}).get()
    emit(found, as_json=as_json)


@app.command("list")
def list_transactions(context: typer.Context, as_json: Json = False) -> None:
    """All transactions that this node knows of."""
    with connect(context.obj) as client:
        emit(client.start_flow("CrossListFlow", {}).get(), as_json=as_json)
