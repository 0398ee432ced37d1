"""RPC against node processes: outcomes by client id, permissions, feeds, explain, busy."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corda_sim.cli.connect import connect
from corda_sim.cli.main import run
from corda_sim.node.config import RpcUser, load_config, write_config
from corda_sim.node.network_create import NetworkRequest, create_network
from corda_sim.node.supervisor import Supervisor
from corda_sim.rpc.client import NodeRpcClient
from corda_sim.rpc.errors import PermissionException, RpcAuthenticationException, RpcException
from notary.seat import set_up_notary

pytestmark = pytest.mark.integration
CLERK = RpcUser(
    username="clerk",
    password="clerk",
    permissions=("StartFlow.CashPaymentFlow", "InvokeRpc.vaultBalance"),
)
PAY = {"amount": "1 JPY", "recipient": "PartyB"}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervisor]:
    directory = tmp_path_factory.mktemp("rpc") / "network"
    create_network(directory, NetworkRequest(), set_up_notary)
    config = load_config(directory / "PartyA")
    users = {"rpc_users": (*config.rpc_users, CLERK)}
    write_config(directory / "PartyA", config.model_copy(update=users))
    supervisor = Supervisor(directory)
    try:
        supervisor.up()
        yield supervisor
    finally:
        supervisor.down()


@pytest.fixture
def node_dir(network: Supervisor) -> Path:
    return network.directory / "PartyA"


@pytest.fixture
def client(node_dir: Path) -> Iterator[NodeRpcClient]:
    with connect(node_dir) as made:
        made.start_flow("CashIssueFlow", {"amount": "100 JPY"}, "issue").get()
        yield made


@pytest.fixture
def clerk(client: NodeRpcClient) -> Iterator[NodeRpcClient]:
    with NodeRpcClient(client.address, "clerk", "clerk") as made:
        yield made


def test_a_client_id_has_one_outcome_over_a_restart(
    network: Supervisor, client: NodeRpcClient, clerk: NodeRpcClient
) -> None:
    first = client.start_flow("CashPaymentFlow", PAY, "once")
    assert client.start_flow("CashPaymentFlow", PAY, "once") == first
    with pytest.raises(PermissionException, match="Another user"):
        clerk.start_flow("CashPaymentFlow", PAY, "once")
    lacking = {"amount": "9999 JPY", "recipient": "PartyB"}
    failed = client.start_flow("CashPaymentFlow", lacking, "fails")
    assert failed.error_type == "InsufficientBalanceException"
    network.down(["PartyA"])
    network.up(["PartyA"])
    again = client.start_flow_until_done("CashPaymentFlow", PAY, "once", 20)
    assert (again.flow_id, again.result["id"]) == (first.flow_id, first.result["id"])
    kept = client.start_flow("CashPaymentFlow", lacking, "fails")
    assert (kept.flow_id, kept.error) == (failed.flow_id, failed.error)
    assert client.invoke("vaultBalance") == {"JPY": "99"}


def test_permissions(clerk: NodeRpcClient) -> None:
    assert "JPY" in clerk.invoke("vaultBalance")
    with pytest.raises(PermissionException, match="killFlow"):
        clerk.invoke("killFlow", flow_id="0")
    with pytest.raises(PermissionException, match="CashIssueFlow"):
        clerk.start_flow("CashIssueFlow", {"amount": "1 JPY"})
    with pytest.raises(PermissionException, match="vaultTrack"):
        next(clerk.track("vault"))
    wrong = NodeRpcClient(clerk.address, "clerk", "wrong")
    with wrong, pytest.raises(RpcAuthenticationException):
        wrong.invoke("vaultBalance")


def test_errors_keep_their_type(client: NodeRpcClient) -> None:
    for flow, arguments, kind in (
        ("CashPaymentFlo", PAY, "UnknownFlowException"),
        ("CashPaymentFlow", {"amount": "x"}, "FlowArgumentsException"),
        ("NotaryServiceFlow", {}, "UnknownFlowException"),
    ):
        with pytest.raises(RpcException) as raised:
            client.start_flow(flow, arguments)
        assert raised.value.type_name in (kind, "FlowNotStartableException")
    with pytest.raises(RpcException) as unknown:
        client.invoke("flowShow", flow_id="nothing")
    assert unknown.value.type_name == "UnknownFlowIdException"


def test_the_vault_is_told_as_it_changes(client: NodeRpcClient) -> None:
    feed = client.track("vault", "CashState")
    before = next(feed)["snapshot"]
    payer = threading.Thread(target=client.start_flow, args=("CashPaymentFlow", PAY))
    payer.start()
    update = next(feed)
    payer.join()
    feed.close()
    assert before["total"] == len(before["states"])
    assert set(update["consumed"]) <= {one["ref"] for one in before["states"]}
    assert update["produced"]


def test_a_flow_whose_peer_is_down_is_explained(
    network: Supervisor, client: NodeRpcClient, node_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network.down(["PartyB"])
    try:
        flow_id = client.begin_flow("CashPaymentFlow", PAY, "late").flow_id
        for update in client.track("flows"):
            if "Broadcasting" in json.dumps(update):
                break
        assert run(["-n", str(node_dir), "flow", "explain", flow_id, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert set(found) == {"flow", "waits_for", "from", "since", "unblock"}
        assert "PartyB" in found["unblock"]
        assert client.invoke("pauseFlow", flow_id=flow_id[:8]) == flow_id
        assert client.invoke("flowExplain", flow_id=flow_id)["unblock"] == "flow resume"
        assert client.invoke("resumeFlow", flow_id=flow_id) == flow_id
    finally:
        network.up(["PartyB"])
    assert client.start_flow("CashPaymentFlow", PAY, "late").flow_id == flow_id


def test_a_draining_node_takes_no_flows(
    client: NodeRpcClient, node_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = ["-n", str(node_dir)]
    assert run([*node, "node", "drain", "on"]) == 0
    try:
        assert run([*node, "flow", "start", "CashPaymentFlow", "amount=1 JPY", "--json"]) == 1
        assert capsys.readouterr().err.startswith("RejectedCommandException: ")
    finally:
        assert client.invoke("setFlowsDrainingModeEnabled", enabled=False) is False


def test_the_program_in_the_docs_runs(client: NodeRpcClient, node_dir: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    namespace: dict[str, Any] = {}
    exec(compile(code, "operating.md", "exec"), namespace)
    user = load_config(node_dir).rpc_users[0]
    said = [namespace["pay_invoice"](client.address, user.username, user.password) for _ in "ab"]
    paid = [re.findall(r"paid in ([0-9A-F]{64})", line) for line in said]
    assert paid[0] == paid[1]
    assert paid[0]
