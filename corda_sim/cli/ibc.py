"""`ibc clients | connections | channels | packets`."""

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer

from corda_sim.cli.connect import connect
from corda_sim.cli.options import Json
from corda_sim.cli.output import emit
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.types import Channel
from corda_sim.ibc.client.height import ZERO_HEIGHT, Height
from corda_sim.ibc.connection.types import ConnectionEnd
from corda_sim.ibc.host import paths
from corda_sim.ibc.lightclients.lcp.types import ClientState
from corda_sim.rpc.client import NodeRpcClient

app = typer.Typer(no_args_is_help=True)
Row = dict[str, Any]
Host = Annotated[
    str | None, typer.Option(help="The host's base id, where the node has several: HASH(index).")
]
_CLIENT = re.compile(r"clients/([^/]+)/clientState")
_CONNECTION = re.compile(r"connections/([^/]+)")
_CHANNEL = re.compile(r"channelEnds/ports/([^/]+)/channels/([^/]+)")
_PACKET = re.compile(r"(commitments|receipts)/ports/([^/]+)/channels/([^/]+)/sequences/(\d+)")


@app.command()
def clients(context: typer.Context, host: Host = None, as_json: Json = False) -> None:
    """The clients that this chain has of others."""
    _list(context, host, _clients, as_json=as_json)


@app.command()
def connections(context: typer.Context, host: Host = None, as_json: Json = False) -> None:
    """The connections, each over a client."""
    _list(context, host, _connections, as_json=as_json)


@app.command()
def channels(context: typer.Context, host: Host = None, as_json: Json = False) -> None:
    """The channels, each over a connection."""
    _list(context, host, _channels, as_json=as_json)


@app.command()
def packets(
    context: typer.Context,
    host: Host = None,
    received: Annotated[
        bool, typer.Option(help="Those received too, not only those sent and not acknowledged.")
    ] = False,
    as_json: Json = False,
) -> None:
    """The packets that wait for an acknowledgement."""

    def found(client: NodeRpcClient, base_id: str | None) -> Iterator[Row]:
        yield from _packets(client, base_id, "commitments/", "sent")
        if received:
            yield from _packets(client, base_id, "receipts/", "received")

    _list(context, host, found, as_json=as_json)


def _list(
    context: typer.Context,
    host: str | None,
    rows: Callable[[NodeRpcClient, str | None], Iterator[Row]],
    *,
    as_json: bool,
) -> None:
    with connect(context.obj) as client:
        emit(list(rows(client, host)), as_json=as_json)


def _clients(client: NodeRpcClient, host: str | None) -> Iterator[Row]:
    for found, value in _values(client, host, "clients/", _CLIENT):
        packed = AnyMessage.decode(value)
        told = packed.unpack(ClientState) if packed.type_url == ClientState.TYPE_URL else None
        yield {
            "client": found[1],
            "type": packed.type_url,
            "height": str(_newest(client, host, found[1])),
            "frozen": None if told is None else told.frozen,
        }


def _newest(client: NodeRpcClient, host: str | None, client_id: str) -> Height:
    start = paths.consensus_states(client_id)
    found = client.invoke("ibcPaths", host=host, prefix=start)
    return max((Height.parse(path.removeprefix(start)) for path in found), default=ZERO_HEIGHT)


def _connections(client: NodeRpcClient, host: str | None) -> Iterator[Row]:
    for found, value in _values(client, host, "connections/", _CONNECTION):
        end = ConnectionEnd.decode(value)
        yield {
            "connection": found[1],
            "state": end.state.name,
            "client": end.client_id,
            "counterparty": end.counterparty.connection_id,
            "counterparty_client": end.counterparty.client_id,
        }


def _channels(client: NodeRpcClient, host: str | None) -> Iterator[Row]:
    for found, value in _values(client, host, "channelEnds/", _CHANNEL):
        end = Channel.decode(value)
        yield {
            "port": found[1],
            "channel": found[2],
            "state": end.state.name,
            "ordering": end.ordering.name,
            "version": end.version,
            "connection": end.connection_hops[0],
            "counterparty_port": end.counterparty.port_id,
            "counterparty": end.counterparty.channel_id,
        }


def _packets(client: NodeRpcClient, host: str | None, prefix: str, direction: str) -> Iterator[Row]:
    found = client.invoke("ibcPaths", host=host, prefix=prefix)
    parsed = [match for path in found if (match := _PACKET.fullmatch(path))]
    for one in sorted(parsed, key=lambda match: (match[2], match[3], int(match[4]))):
        yield {
            "port": one[2],
            "channel": one[3],
            "sequence": int(one[4]),
            "direction": direction,
        }


def _values(
    client: NodeRpcClient, host: str | None, prefix: str, shape: re.Pattern[str]
) -> Iterator[tuple[re.Match[str], bytes]]:
    for path in client.invoke("ibcPaths", host=host, prefix=prefix):
        found = shape.fullmatch(path)
        if found is None:
            continue
        value = client.invoke("ibcQuery", host=host, path=path)["value"]
        if value is not None:
            yield found, bytes.fromhex(value)
