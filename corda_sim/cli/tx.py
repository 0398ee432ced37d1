"""`tx id FILE | show ID | graph ID | note ID [TEXT]`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from corda_sim.cli.connect import connect
from corda_sim.cli.options import Json
from corda_sim.cli.output import emit
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import DecodeError, IllegalArgumentError
from corda_sim.core.transactions import explain_transaction_id
from corda_sim.core.transactions.ids import IdExplanation

app = typer.Typer(no_args_is_help=True)


@app.command("id")
def transaction_id(
    file: Annotated[Path, typer.Argument(metavar="FILE")], as_json: Json = False
) -> None:
    """Nonces, leaves, group roots and id of the components in FILE.

    FILE is JSON: {"privacy_salt": HEX, "groups": {"0": [HEX, …], …}}.
    """
    groups, salt = _read(file)
    found = explain_transaction_id(groups, salt)
    document = {
        "groups": [
            {
                "group": one.group,
                "nonces": [str(nonce) for nonce in one.nonces],
                "leaves": [str(leaf) for leaf in one.leaves],
                "root": str(one.root),
            }
            for one in found.groups
        ],
        "id": str(found.id),
    }
    emit(document, as_json=as_json, text=_in_words(found))


def _in_words(found: IdExplanation) -> str:
    lines = []
    for one in found.groups:
        pairs = zip(one.nonces, one.leaves, strict=True)
        lines.append(f"group {one.group}")
        lines += [f"  {n}  nonce {nonce}  leaf {leaf}" for n, (nonce, leaf) in enumerate(pairs)]
        lines.append(f"  root {one.root}")
    return "\n".join([*lines, f"id {found.id}"])


def _read(file: Path) -> tuple[dict[int, list[bytes]], bytes]:
    try:
        document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        groups = {
            int(group): [bytes.fromhex(one) for one in components]
            for group, components in document["groups"].items()
        }
        return groups, bytes.fromhex(document["privacy_salt"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DecodeError(
            f'{file} must hold {{"privacy_salt": HEX, "groups": {{"0": [HEX, …]}}}}: {error}'
        ) from error


def _tx_id(text: str) -> SecureHash:
    try:
        return SecureHash.parse(text)
    except IllegalArgumentError as error:
        raise typer.BadParameter(str(error)) from error


TxId = Annotated[SecureHash, typer.Argument(metavar="ID", parser=_tx_id)]


@app.command()
def show(context: typer.Context, tx_id: TxId, as_json: Json = False) -> None:
    """A transaction of the node."""
    with connect(context.obj) as client:
        emit(client.invoke("transaction", id=str(tx_id)), as_json=as_json)


@app.command()
def note(
    context: typer.Context,
    tx_id: TxId,
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help="A note to add.")] = "",
    as_json: Json = False,
) -> None:
    """The node's own notes on a transaction; other nodes never see them."""
    with connect(context.obj) as client:
        if text:
            client.invoke("addVaultTransactionNote", id=str(tx_id), note=text)
        notes = client.invoke("getVaultTransactionNotes", id=str(tx_id))
    emit({"id": str(tx_id), "notes": notes}, as_json=as_json)


@app.command()
def graph(context: typer.Context, tx_id: TxId, as_json: Json = False) -> None:
    """A transaction with all it depends on."""
    with connect(context.obj) as client:
        emit(client.invoke("transactionGraph", id=str(tx_id)), as_json=as_json)
