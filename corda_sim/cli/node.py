"""`node run | info | drain | health | metrics`, audits, and `db`."""

import asyncio
import json
import signal
import urllib.request
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from corda_sim.cli.connect import connect
from corda_sim.cli.options import Json
from corda_sim.cli.output import emit
from corda_sim.node import logs
from corda_sim.node.config import load_config
from corda_sim.node.node import Node
from corda_sim.node.node_files import RUN
from corda_sim.node.storage.migrate import current, upgrade
from corda_sim.rpc.errors import NodeUnreachableException
from corda_sim.rpc.server import RpcServer

app = typer.Typer(no_args_is_help=True)
notary_app = typer.Typer(no_args_is_help=True)
validator_app = typer.Typer(no_args_is_help=True)
db_app = typer.Typer(no_args_is_help=True)


@app.command()
def run(
    node_dir: Annotated[Path, typer.Argument(metavar="NODE_DIR")],
    log_level: Annotated[str, typer.Option(help="DEBUG, INFO, WARNING.")] = "INFO",
) -> None:
    """Run a node until SIGTERM; a second process on the same database is its cold standby."""
    logs.configure(node_dir, log_level)
    asyncio.run(_serve(node_dir.resolve()))


async def _serve(node_dir: Path) -> None:
    node = Node(node_dir)
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, node.stop)
    try:
        if await node.open():
            server = RpcServer(node)
            node.announce_ready(await server.start(node.config.rpc_settings.address))
            try:
                await node.wait_stopped()
            finally:
                await server.stop()
    finally:
        await node.close()


@app.command()
def info(context: typer.Context, as_json: Json = False) -> None:
    """Who the node is and whom it knows."""
    with connect(context.obj) as client:
        emit(client.invoke("nodeInfo"), as_json=as_json)


@app.command()
def drain(
    context: typer.Context,
    mode: Annotated[Literal["on", "off"], typer.Argument()],
    as_json: Json = False,
) -> None:
    """Take no new flows, or take them again."""
    with connect(context.obj) as client:
        draining = client.invoke("setFlowsDrainingModeEnabled", enabled=mode == "on")
    emit({"draining": draining}, as_json=as_json)


@app.command()
def health(context: typer.Context, as_json: Json = False) -> None:
    """The node's processes, as they answer on their health ports."""
    found = []
    for file in sorted((context.obj / RUN).glob("*.json")):
        said = json.loads(file.read_text(encoding="utf-8"))
        found.append({"pid": said["pid"], "ready": _get(said["health"], "/ready").strip()})
    emit(found, as_json=as_json)


@app.command()
def metrics(context: typer.Context) -> None:
    """The figures of the node's process, in Prometheus' format."""
    for file in sorted((context.obj / RUN).glob("*.json")):
        typer.echo(_get(json.loads(file.read_text(encoding="utf-8"))["health"], "/metrics"))


def _get(address: str, path: str) -> str:
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=5) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return str(error.read().decode())
    except OSError as error:
        raise NodeUnreachableException(f"Nothing answers at {address}: {error}") from error


@notary_app.command("audit")
def notary_audit(context: typer.Context, state_ref: str, as_json: Json = False) -> None:
    """Who spent a state, when, and who tried to: STATEREF is `HASH(index)`."""
    with connect(context.obj) as client:
        emit(client.invoke("audit", of="notary", state_ref=state_ref), as_json=as_json)


@validator_app.command("audit")
def validator_audit(context: typer.Context, state_ref: str, as_json: Json = False) -> None:
    """Which transactions over a state this validator signed: STATEREF is `HASH(index)`."""
    with connect(context.obj) as client:
        emit(client.invoke("audit", of="validator", state_ref=state_ref), as_json=as_json)


@db_app.command("upgrade")
def db_upgrade(context: typer.Context, as_json: Json = False) -> None:
    """Bring the node's database to the installed schemas."""
    upgrade(_url(context))
    db_current(context, as_json=as_json)


@db_app.command("current")
def db_current(context: typer.Context, as_json: Json = False) -> None:
    """The revisions of the node's database."""
    emit([asdict(one) for one in current(_url(context))], as_json=as_json)


def _url(context: typer.Context) -> str:
    directory: Path = context.obj
    return load_config(directory).database_url(directory)
