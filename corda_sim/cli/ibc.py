"""`ibc clients | connections | channels | packets`, and `ibc admit | revoke`."""

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
from corda_sim.ibc.lightclients.lcp.types import ClientState, ConsensusState
from corda_sim.rpc.client import NodeRpcClient

app = typer.Typer(no_args_is_help=True)
Row = dict[str, Any]
ClientId = Annotated[str, typer.Argument(metavar="CLIENT_ID", help="As `ibc clients` names it.")]
Host = Annotated[
    str | None, typer.Option(help="The host's base id, where the node has several: HASH(index).")
]
_CLIENT = re.compile(r"clients/([^/]+)/clientState")
_CONNECTION = re.compile(r"connections/([^/]+)")
_CHANNEL = re.compile(r"channelEnds/ports/([^/]+)/channels/([^/]+)")
_PACKET = re.compile(r"(commitments|receipts)/ports/([^/]+)/channels/([^/]+)/sequences/(\d+)")


@app.command()
def clients(context: typer.Context, host: Host = None, as_json: Json = False) -> None:
    """The clients that this chain has of others, and which of them this node admits.

    `state_id` is of the enclave's client at that height: it stands for the chain that is followed.
    """
    _list(context, host, _clients, as_json=as_json)


@app.command()
def admit(
    context: typer.Context, client: ClientId, host: Host = None, as_json: Json = False
) -> None:
    """Take a client's word: this node then starts and locks over its channels.

    It should be the one that `relayer handshake` of a relayer of your own names: any party of the
    host may make others.
    """
    _decide(context, "AdmitClientFlow", client, host)
    emit({"admitted": client}, as_json=as_json)


@app.command()
def revoke(
    context: typer.Context, client: ClientId, host: Host = None, as_json: Json = False
) -> None:
    """Start and lock nothing more over a client's channels; what is locked is still released."""
    _decide(context, "RevokeClientFlow", client, host)
    emit({"revoked": client}, as_json=as_json)


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


def _decide(context: typer.Context, flow: str, client_id: str, host: str | None) -> None:
    given = {"client_id": client_id} | ({} if host is None else {"base_id": host})
    with connect(context.obj) as client:
        client.start_flow(flow, given).get()


def _clients(client: NodeRpcClient, host: str | None) -> Iterator[Row]:
    admitted = client.invoke("ibcAdmitted", host=host)
    for found, value in _values(client, host, "clients/", _CLIENT):
        packed = AnyMessage.decode(value)
        height = _newest(client, host, found[1])
        yield {
            "client": found[1],
            "admitted": found[1] in admitted,
            "type": packed.type_url,
            "height": str(height),
            **_enclave(client, host, packed, paths.consensus_state(found[1], height)),
        }


def _newest(client: NodeRpcClient, host: str | None, client_id: str) -> Height:
    start = paths.consensus_states(client_id)
    found = client.invoke("ibcPaths", host=host, prefix=start)
    return max((Height.parse(path.removeprefix(start)) for path in found), default=ZERO_HEIGHT)


def _enclave(client: NodeRpcClient, host: str | None, packed: AnyMessage, newest: str) -> Row:
    """What an LCP client says of its enclave; nothing is known of others."""
    if packed.type_url != ClientState.TYPE_URL:
        return {"frozen": None, "mrenclave": None, "state_id": None}
    told = packed.unpack(ClientState)
    value = client.invoke("ibcQuery", host=host, path=newest)["value"]
    held = AnyMessage.decode(bytes.fromhex(value)).unpack(ConsensusState) if value else None
    return {
        "frozen": told.frozen,
        "mrenclave": told.mrenclave.hex(),
        "state_id": held.state_id.hex() if held is not None and held.state_id else None,
    }


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
