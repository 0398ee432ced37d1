"""`network create | up | status | down | destroy`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from corda_sim.cli.options import Json
from corda_sim.cli.output import emit
from corda_sim.node.network_create import NetworkRequest, create_network
from corda_sim.node.supervisor import Supervisor

app = typer.Typer(no_args_is_help=True)
Directory = Annotated[Path, typer.Argument(metavar="DIR")]


@app.command()
def create(  # noqa: PLR0913, PLR0917 - each is an option
    directory: Directory,
    parties: Annotated[str, typer.Option(help="Names, with commas between.")] = "PartyA,PartyB",
    notary: Annotated[Literal["validating", "non-validating"], typer.Option()] = "validating",
    db: Annotated[list[str] | None, typer.Option(help="sqlite, a URL, or NAME=URL.")] = None,
    broker: Annotated[list[str] | None, typer.Option(help="embedded, a URL, or NAME=URL.")] = None,
    p2p: Annotated[
        list[str] | None,
        typer.Option(help="Without a broker: unix, tcp[:HOST] (mutual TLS), or NAME=…"),
    ] = None,
    notary_workers: Annotated[
        int, typer.Option(min=1, help="More than one needs PostgreSQL and RabbitMQ.")
    ] = 1,
    as_json: Json = False,
) -> None:
    """Make a network of real nodes in DIR, which must be empty or absent."""
    from notary.seat import set_up_notary

    request = NetworkRequest(
        parties=tuple(parties.split(",")),
        notary=notary,
        databases=tuple(one for one in db or () if one != "sqlite"),
        brokers=tuple(one for one in broker or () if one != "embedded"),
        p2p=tuple(p2p or ()),
        notary_workers=notary_workers,
    )
    manifest = create_network(directory, request, set_up_notary)
    nodes = [{"name": node.name, "dir": str(directory / node.name)} for node in manifest.nodes]
    shared = "\nParties share a broker: for development only" if manifest.shared_broker else ""
    text = f"Made {len(nodes)} nodes in {directory}{shared}"
    emit({"nodes": nodes}, as_json=as_json, text=text)


@app.command()
def up(directory: Directory, as_json: Json = False) -> None:
    """Start the nodes that don't run, and wait until they are ready."""
    nodes = [asdict(one) for one in Supervisor(directory).up()]
    emit({"nodes": nodes} if as_json else nodes, as_json=as_json)


@app.command()
def status(directory: Directory, as_json: Json = False) -> None:
    """The node processes of the network."""
    nodes = [asdict(one) for one in Supervisor(directory).status()]
    emit({"nodes": nodes} if as_json else nodes, as_json=as_json)


@app.command()
def down(directory: Directory, as_json: Json = False) -> None:
    """Stop the nodes."""
    killed = Supervisor(directory).down()
    emit({"killed": killed}, as_json=as_json, text="All nodes are down")


@app.command()
def destroy(
    directory: Directory,
    yes: Annotated[bool, typer.Option("--yes", help="Really remove everything.")] = False,
    as_json: Json = False,
) -> None:
    """Stop the nodes and remove DIR with everything in it."""
    Supervisor(directory).destroy(yes=yes)
    emit({"destroyed": str(directory)}, as_json=as_json, text=f"Removed {directory}")
