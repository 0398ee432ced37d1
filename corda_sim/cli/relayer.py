"""`relayer run | handshake | status | packets | explain`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from corda_sim.cli.options import Json
from corda_sim.cli.output import emit
from corda_sim.cli.stopping import until_stopped

if TYPE_CHECKING:
    from corda_sim.relayer.run_file import Parked, RunFile

LOG_FILE: Final = "relayer.log"
app = typer.Typer(no_args_is_help=True)

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="The relayer's TOML file.")]


@app.command()
def run(config: Config, as_json: Json = False) -> None:
    """Relay until SIGTERM. Chains and proxy that don't answer are waited for."""
    from corda_sim.cli.relaying import Opened, serve_until
    from corda_sim.node import logs

    opened = Opened.read(config)
    opened.state_dir.mkdir(parents=True, exist_ok=True)
    logs.configure(opened.state_dir, name=LOG_FILE)

    def tell(health: str) -> None:
        emit({"health": health}, as_json=as_json, text=f"relays; health at {health}")

    if not serve_until(until_stopped(), opened, tell):
        raise typer.Exit(1)


@app.command()
def handshake(
    config: Config,
    connection_only: Annotated[
        bool, typer.Option("--connection-only", help="Open no channels yet.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Open clients, a connection and the channels; what is open is left alone.

    GoQuorum's Cross modules take channels over clients alone that their owner has admitted:
    open the connection first, then `goquorum admit CLIENT_ID`, then the channels. Corda's banks
    admit theirs by `ibc admit CLIENT_ID`.
    """
    from corda_sim.cli.relaying import Opened
    from corda_sim.relayer.handshake.path import open_path

    opened = Opened.read(config)
    with opened.connected() as parties:
        path = open_path(parties, {} if connection_only else opened.config.channels)
    emit(path.show(), as_json=as_json)


@app.command()
def status(config: Config, as_json: Json = False) -> None:
    """Show the path, what its clients know, and the running relayer, if there is one."""
    from corda_sim.cli.relaying import Opened

    opened = Opened.read(config)
    with opened.connected() as parties:
        path = opened.find_path(parties)
        clients = {
            end.chain.name: {
                "newest": str(end.chain.now()[0]),
                "knows": str(end.chain.latest_height(end.client_id)),
            }
            for end in (path.here, path.there)
        }
    document = {"path": path.show(), "clients": clients, "relayer": _running(opened.run_file)}
    emit(document, as_json=as_json)


@app.command()
def packets(
    config: Config,
    everything: Annotated[bool, typer.Option("--all", help="Those that are done, too.")] = False,
    as_json: Json = False,
) -> None:
    """List packets that are on their way, by what the chains say."""
    from corda_sim.cli.relaying import Opened
    from corda_sim.relayer import status as stages

    opened = Opened.read(config)
    with opened.sides() as (here, there):
        found = [*stages.packets(here, there), *stages.packets(there, here)]
    parked = {one.packet: one.reason for one in _parked(opened.run_file)}
    rows = [
        {"packet": one.name, "stage": one.stage, "parked": parked.get(one.name)}
        for one in found
        if everything or one.stage != stages.DONE
    ]
    emit(rows, as_json=as_json)


@app.command()
def explain(
    config: Config,
    packet: Annotated[str, typer.Argument(metavar="CHAIN/PORT/CHANNEL/NUMBER")],
    as_json: Json = False,
) -> None:
    """Tell all that is known of a packet."""
    from corda_sim.cli.relaying import Opened
    from corda_sim.relayer.status import find_packet

    opened = Opened.read(config)
    with opened.sides() as sides:
        found = find_packet(packet, sides).explain()
    parked = [one for one in _parked(opened.run_file) if one.packet == packet]
    found["parked"] = {one.kind: one.reason for one in parked} or None
    emit(found, as_json=as_json)


def _running(file: "RunFile") -> dict[str, object] | None:
    found = file.read()
    return None if found is None else found.show()


def _parked(file: "RunFile") -> "tuple[Parked, ...]":
    found = file.read()
    return () if found is None else found.parked
