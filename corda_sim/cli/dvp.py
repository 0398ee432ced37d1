"""`dvp propose | check | start`: a stablecoin on Corda against a token on GoQuorum."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from corda_sim.cli.connect import connect
from corda_sim.cli.goquorum_options import address
from corda_sim.cli.options import Json
from corda_sim.cli.output import emit
from corda_sim.cli.terms import read_terms
from corda_sim.core.settings_values import Duration

app = typer.Typer(no_args_is_help=True)
TermsFile = Annotated[Path, typer.Argument(metavar="TERMS_FILE", help="As propose wrote it.")]


def _seconds(text: str) -> int:
    try:
        found: timedelta = TypeAdapter(Duration).validate_python(text)
    except ValidationError as error:
        raise typer.BadParameter(f"{text!r} is no duration such as 10m") from error
    if found < timedelta(seconds=1):
        raise typer.BadParameter("an offer lasts a second at least")
    return int(found.total_seconds())


@app.command()
def propose(  # noqa: PLR0913, PLR0917 - each is one of the terms
    context: typer.Context,
    price: Annotated[str, typer.Option(help="Such as '100 JPY'.")],
    token: Annotated[int, typer.Option(min=0, max=2**256 - 1, help="The token's number.")],
    nft: Annotated[bytes, typer.Option(parser=address, metavar="0x…", help="Its contract.")],
    buyer: Annotated[str, typer.Option(help="An account of this node.")],
    buyer_address: Annotated[bytes, typer.Option(parser=address, metavar="0x…")],
    seller: Annotated[bytes, typer.Option(parser=address, metavar="0x…")],
    seller_account: Annotated[str, typer.Option(help="Who is paid: name@Party or a UUID.")],
    expires: Annotated[int, typer.Option(parser=_seconds, metavar="DURATION")] = 600,
    issuer: Annotated[str, typer.Option(help="Whose stablecoin, of several.")] = "",
    calls: Annotated[str, typer.Option(help="The channel of port cross, of several.")] = "",
    auth: Annotated[str, typer.Option(help="The channel of port cross-auth, of several.")] = "",
) -> None:
    """Write terms to the standard output, for both sides to keep; nothing is signed yet."""
    given = {
        "price": price,
        "asset": nft.hex(),
        "token": str(token),
        "buyer": buyer,
        "buyer_address": buyer_address.hex(),
        "seller": seller_account,
        "seller_address": seller.hex(),
        "expires_in": str(expires),
        "calls": calls,
        "auth": auth,
    }
    if issuer:
        given["issuer"] = issuer
    with connect(context.obj) as client:
        terms: str = client.start_flow("DvpProposeFlow", given).get()
    typer.echo(terms, nl=False)


@app.command()
def check(context: typer.Context, file: TermsFile, as_json: Json = False) -> None:
    """Judge terms at the node of either side."""
    terms = read_terms(file)
    with connect(context.obj) as client:
        tx_id = client.start_flow("DvpCheckFlow", {"terms": terms.text}).get()
    emit({"tx_id": tx_id}, as_json=as_json)


@app.command()
def start(context: typer.Context, file: TermsFile, as_json: Json = False) -> None:
    """Sign for the buyer: the transaction then waits for the seller, and nothing is locked."""
    terms = read_terms(file)
    with connect(context.obj) as client:
        started = client.start_flow("DvpStartFlow", {"terms": terms.text}).get()
    emit(started, as_json=as_json)
