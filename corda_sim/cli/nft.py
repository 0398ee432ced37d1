"""`nft mint | approve | owner`: tokens of an ERC-721 on GoQuorum."""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from corda_sim.cli.goquorum_options import Key, PasswordFile, Rpc, address, sending
from corda_sim.cli.options import Json
from corda_sim.cli.output import emit

if TYPE_CHECKING:
    from goquorum.endpoint.account import Receipt

app = typer.Typer(no_args_is_help=True)
Token = Annotated[int, typer.Argument(metavar="TOKEN", min=0, max=2**256 - 1, help="Its number.")]
Contract = Annotated[
    bytes, typer.Option("--nft", parser=address, metavar="0x…", help="The token's contract.")
]


@app.command()
def mint(
    token: Token,
    nft: Contract,
    to: Annotated[bytes, typer.Option(parser=address, metavar="0x…", help="Whose it will be.")],
    rpc: Rpc,
    key: Key,
    password_file: PasswordFile = None,
    as_json: Json = False,
) -> None:
    """Make a token; the key is that of the contract's owner."""
    from goquorum.nft import Nft

    with sending(rpc, key, password_file) as sender:
        receipt = Nft.at(sender.rpc, nft).mint(sender, token, to)
    _show(receipt, as_json)


@app.command()
def approve(
    token: Token,
    nft: Contract,
    to: Annotated[
        bytes,
        typer.Option(
            parser=address, metavar="0x…", help="Who may move it: the bridge's `transfers`."
        ),
    ],
    rpc: Rpc,
    key: Key,
    password_file: PasswordFile = None,
    as_json: Json = False,
) -> None:
    """Let a contract move a token; the key is that of the token's owner."""
    from goquorum.nft import Nft

    with sending(rpc, key, password_file) as sender:
        receipt = Nft.at(sender.rpc, nft).approve(sender, token, to)
    _show(receipt, as_json)


@app.command()
def owner(token: Token, nft: Contract, rpc: Rpc, as_json: Json = False) -> None:
    """Show whose a token is, and who else may move it."""
    from goquorum.endpoint.addresses import show_address
    from goquorum.endpoint.json_rpc import JsonRpc
    from goquorum.nft import Nft

    with closing(JsonRpc(rpc)) as endpoint:
        found = Nft.at(endpoint, nft).holding(token)
    approved = show_address(found.approved) if found.approved else None
    emit({"owner": show_address(found.owner), "approved": approved}, as_json=as_json)


def _show(receipt: "Receipt", as_json: bool) -> None:
    document = {"transaction": receipt.transaction_hash, "block": receipt.block_number}
    emit(document, as_json=as_json)
