"""`node run | info | drain | health | metrics | generate-rpc-ssl-settings` and `db`."""

import asyncio
import logging
import os
import signal
import sys
import urllib.request
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from prometheus_client import disable_created_metrics
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from corda_sim.cli.connect import connect, node_directory, running
from corda_sim.cli.options import Json
from corda_sim.cli.output import emit
from corda_sim.core.settings_values import to_toml
from corda_sim.node import collector, logs
from corda_sim.node.config import load_config
from corda_sim.node.cordapps import installed_cordapps
from corda_sim.node.node import Node
from corda_sim.node.rpc_ssl import generate_rpc_ssl_settings
from corda_sim.node.storage.migrate import current, upgrade
from corda_sim.rpc.errors import NodeUnreachableException
from corda_sim.rpc.server import RpcServer

LOGGER = logging.getLogger(__name__)
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
app = typer.Typer(no_args_is_help=True)
db_app = typer.Typer(no_args_is_help=True)


@app.command()
def run(
    node_dir: Annotated[Path, typer.Argument(metavar="NODE_DIR")],
    log_level: Annotated[LogLevel, typer.Option()] = "INFO",
) -> None:
    """Run a node until SIGTERM; a second process on the same database is its cold standby."""
    serve(Node(node_directory(node_dir).resolve()), log_level)


def serve(node: Node, log_level: str) -> None:
    """Run `node` with its RPC server until SIGTERM or SIGINT. Raises what its start raises."""
    on_terminal = sys.stderr.isatty()
    logs.configure(node.directory, log_level, to_console=on_terminal)
    disable_created_metrics()  # type: ignore[no-untyped-call]
    asyncio.run(_serve(node))


async def _serve(node: Node) -> None:
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, node.stop)
    try:
        if await node.open():
            server = RpcServer(node)
            node.announce_ready(await server.start())
            collector.settle()
            LOGGER.info("ready, RPC at %s", node.rpc_address)
            try:
                await node.wait_stopped()
            finally:
                await server.stop()
    finally:
        await node.close()


@app.command("generate-rpc-ssl-settings")
def generate_ssl(context: typer.Context, as_json: Json = False) -> None:
    """Make a key store for RPC over TLS and print what node.toml must say."""
    directory = node_directory(context.obj)
    config = load_config(directory)
    hosts = dict.fromkeys((config.rpc_settings.address.rpartition(":")[0], "localhost"))
    made = generate_rpc_ssl_settings(
        directory, config.my_legal_name, list(hosts), datetime.now(UTC), os.urandom
    )
    settings = config.rpc_settings.model_copy(update={"use_ssl": True, "ssl": made})
    table = {"rpcSettings": settings.model_dump(mode="json", by_alias=True)}
    emit(table, as_json=as_json, text=to_toml(table).rstrip())


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
    found = [
        {
            "pid": one.pid,
            "state": one.state(),
            "health": one.run.health,
            "waits_for": one.why_not_ready(),
        }
        for one in running(context.obj)
    ]
    emit(found, as_json=as_json)


@app.command()
def metrics(context: typer.Context, as_json: Json = False) -> None:
    """The figures of the node's active process, in Prometheus' format, or by name as JSON."""
    found = next((one for one in running(context.obj) if one.state() == "ready"), None)
    if found is None:
        raise NodeUnreachableException(f"The node in {context.obj} isn't ready yet")
    text = _get(found.run.health, "/metrics")
    if not as_json:
        typer.echo(text, nl=False)
        return
    samples = (s for one in text_string_to_metric_families(text) for s in one.samples)
    emit({_name(sample): sample.value for sample in samples}, as_json=True)


def _name(sample: Sample) -> str:
    labels = ",".join(f'{name}="{value}"' for name, value in sample.labels.items())
    return f"{sample.name}{{{labels}}}" if labels else sample.name


def _get(address: str, path: str) -> str:
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=5) as answer:
            return str(answer.read().decode())
    except OSError as error:
        raise NodeUnreachableException(f"Nothing answers at {address}: {error}") from error


@db_app.command("upgrade")
def db_upgrade(context: typer.Context, as_json: Json = False) -> None:
    """Bring the node's databases to the installed schemas."""
    for url, branches in _databases(context.obj):
        upgrade(url, branches)
    db_current(context, as_json=as_json)


@db_app.command("current")
def db_current(context: typer.Context, as_json: Json = False) -> None:
    """The revisions of the node's databases."""
    found = [
        asdict(version)
        for url, branches in _databases(context.obj)
        for version in current(url)
        if version.branch in branches
    ]
    emit(found, as_json=as_json)


def _databases(node_dir: Path | None) -> list[tuple[str, tuple[str, ...]]]:
    """The node's database and, of a notary, its own: each with its branches."""
    directory = node_directory(node_dir).resolve()
    config = load_config(directory)
    branches = {branch for app in installed_cordapps() for branch in app.migrations} - {"notary"}
    found = [(config.database_url(directory), ("node", *sorted(branches)))]
    if config.notary is not None:
        found.append((config.notary.data_source_properties.resolve(directory), ("notary",)))
    return found
