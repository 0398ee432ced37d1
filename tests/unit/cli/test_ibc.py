"""`ibc …`: what it asks the node, and what it makes of the answers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from corda_sim.cli import ibc as ibc_commands
from corda_sim.cli.main import run
from corda_sim.ibc.any import AnyMessage, pack
from corda_sim.ibc.channel.types import Channel, ChannelCounterparty, ChannelState, Order
from corda_sim.ibc.connection.types import ConnectionEnd, ConnectionState, Counterparty
from corda_sim.ibc.lightclients.lcp.types import ClientState, ConsensusState
from corda_sim.rpc.client import FlowOutcome

BASE = f"{'AB' * 32}(0)"
PLACE = "ports/cross/channels/channel-0"
VALUES = {
    "clients/lcp-client-0/clientState": pack(ClientState(b"\1" * 32, 10)),
    "clients/lcp-client-0/consensusStates/0-9": b"\1",
    "clients/lcp-client-0/consensusStates/0-10": pack(ConsensusState(b"\3" * 32, 7)),
    "clients/lcp-client-2/consensusStates/0-0": pack(ConsensusState()),
    "clients/lcp-client-2/clientState": pack(ClientState(b"\2" * 32, 10)),
    "clients/other-client-1/clientState": AnyMessage("/another.Client", b"").encode(),
    "connections/connection-0": ConnectionEnd(
        "lcp-client-0", (), ConnectionState.OPEN, Counterparty("there-0", "connection-5")
    ).encode(),
    f"channelEnds/{PLACE}": Channel(
        ChannelState.OPEN,
        Order.UNORDERED,
        ChannelCounterparty("cross", "channel-3"),
        ("connection-0",),
        "cross-1",
    ).encode(),
    f"commitments/{PLACE}/sequences/10": b"\1" * 32,
    f"commitments/{PLACE}/sequences/9": b"\1" * 32,
    f"receipts/{PLACE}/sequences/4": b"\1",
    f"acks/{PLACE}/sequences/4": b"\2" * 32,
}


class FakeNode:
    """A node's bridge, and which host it was asked of."""

    def __init__(self) -> None:
        self.hosts: set[str | None] = set()
        self.started: list[tuple[str, dict[str, str]]] = []

    def invoke(self, method: str, host: str | None, **arguments: str) -> Any:  # noqa: ANN401 - JSON
        self.hosts.add(host)
        if method == "ibcPaths":
            return sorted(path for path in VALUES if path.startswith(arguments["prefix"]))
        if method == "ibcAdmitted":
            return ["lcp-client-0"]
        assert method == "ibcQuery"
        found = VALUES.get(arguments["path"])
        return {"value": None if found is None else found.hex(), "tear_off": "", "height": 1}

    def start_flow(self, flow: str, arguments: dict[str, str]) -> FlowOutcome:
        self.started.append((flow, arguments))
        return FlowOutcome("flow", arguments["client_id"], "", "", "")


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> FakeNode:
    made = FakeNode()

    @contextmanager
    def connect(_: object) -> Iterator[FakeNode]:
        yield made

    monkeypatch.setattr(ibc_commands, "connect", connect)
    return made


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:  # noqa: ANN401 - JSON
    assert run(["ibc", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("node")
def test_clients_with_their_newest_height(capsys: pytest.CaptureFixture[str]) -> None:
    lcp, fresh, other = told(capsys, "clients")
    assert lcp == {
        "client": "lcp-client-0",
        "admitted": True,
        "type": ClientState.TYPE_URL,
        "height": "0-10",
        "frozen": False,
        "mrenclave": "01" * 32,
        "state_id": "03" * 32,
    }
    assert (fresh["admitted"], fresh["height"], fresh["state_id"]) == (False, "0-0", None)
    assert (other["client"], other["height"], other["admitted"]) == ("other-client-1", "0-0", False)
    assert {other[name] for name in ("frozen", "mrenclave", "state_id")} == {None}


@pytest.mark.parametrize(
    ("command", "flow", "done"),
    [("admit", "AdmitClientFlow", "admitted"), ("revoke", "RevokeClientFlow", "revoked")],
)
def test_a_client_is_admitted_and_revoked_by_flows(
    node: FakeNode, capsys: pytest.CaptureFixture[str], command: str, flow: str, done: str
) -> None:
    assert told(capsys, command, "lcp-client-0") == {done: "lcp-client-0"}
    told(capsys, command, "lcp-client-1", "--host", BASE)
    named = {"client_id": "lcp-client-1", "base_id": BASE}
    assert node.started == [(flow, {"client_id": "lcp-client-0"}), (flow, named)]


@pytest.mark.usefixtures("node")
def test_connections_and_channels(capsys: pytest.CaptureFixture[str]) -> None:
    (connection,) = told(capsys, "connections")
    assert connection == {
        "connection": "connection-0",
        "state": "OPEN",
        "client": "lcp-client-0",
        "counterparty": "connection-5",
        "counterparty_client": "there-0",
    }
    (channel,) = told(capsys, "channels")
    assert (channel["port"], channel["channel"], channel["state"]) == ("cross", "channel-0", "OPEN")
    assert (channel["counterparty"], channel["version"]) == ("channel-3", "cross-1")


@pytest.mark.usefixtures("node")
def test_packets_in_order_of_their_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    waiting = told(capsys, "packets")
    assert [(one["sequence"], one["direction"]) for one in waiting] == [(9, "sent"), (10, "sent")]
    every = told(capsys, "packets", "--received")
    assert [(one["sequence"], one["direction"]) for one in every[2:]] == [(4, "received")]


def test_one_host_of_several(node: FakeNode, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "channels", "--host", BASE)
    assert node.hosts == {BASE}


@pytest.mark.usefixtures("node")
def test_for_people_it_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ibc", "channels"]) == 0
    assert "cross  channel-0  OPEN" in capsys.readouterr().out
