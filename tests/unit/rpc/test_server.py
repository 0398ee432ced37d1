"""The RPC server: who may do what, errors across the wire, streams and their ends."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow.effects import Notification
from corda_sim.flow.progress import Progress
from corda_sim.node.node import Node
from corda_sim.node.storage.errors import DatabaseUnavailable
from corda_sim.rpc import subscription
from corda_sim.rpc.client import FlowHandle, NodeRpcClient
from corda_sim.rpc.errors import (
    NodeUnreachableException,
    PermissionException,
    RpcAuthenticationException,
    RpcBindException,
    RpcException,
)
from corda_sim.rpc.operations import OPERATIONS, Operation
from corda_sim.rpc.requests import Request
from corda_sim.rpc.server import RpcServer

if TYPE_CHECKING:
    from tests.unit.rpc.conftest import Served


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def streams(served: "Served") -> float:
    return served.node.metrics_registry.get_sample_value("corda_rpc_streams") or 0.0


# --- users and permissions -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "password"), [("admin", "wrong"), ("admin", ""), ("nobody", "admin-s3cret"), ("", "")]
)
def test_a_stranger_learns_nothing(served: "Served", name: str, password: str) -> None:
    with served.client(name, password) as stranger:
        for call in (
            lambda: stranger.invoke("nodeInfo"),
            lambda: stranger.invoke("noSuchMethod"),
            lambda: stranger.start_flow("CreateAccount", {"name": "x"}),
            lambda: next(stranger.track("vault")),
        ):
            with pytest.raises(
                RpcAuthenticationException, match=r"^Unknown user or wrong password$"
            ):
                call()


@pytest.mark.parametrize("name", ["admin", "clerk", "reader"])
def test_a_flow_is_permitted_by_its_class_its_full_name_or_all(served: "Served", name: str) -> None:
    with served.client(name) as client:
        made = client.start_flow("CreateAccount", {"name": f"account of {name}"}).get()
    assert made["data"]["name"] == f"account of {name}"


@pytest.mark.parametrize("name", ["clerk", "reader", "guest"])
def test_what_is_not_permitted_is_refused(served: "Served", name: str) -> None:
    with served.client(name) as client:
        with pytest.raises(PermissionException, match=r"InvokeRpc\.killFlow"):
            client.invoke("killFlow", flow_id="x")
        with pytest.raises(PermissionException, match=r"StartFlow\.CashIssueFlow"):
            client.start_flow("CashIssueFlow", {"amount": "1 JPY"})
        with pytest.raises(PermissionException, match=r"InvokeRpc\.stateMachinesFeed"):
            next(client.track("flows"))


def test_every_operation_asks_for_its_own_permission(served: "Served") -> None:
    with served.client("guest") as guest:
        for method in OPERATIONS:
            with pytest.raises(PermissionException, match=f"InvokeRpc.{method}$"):
                guest.invoke(method)


def test_a_method_and_a_feed_are_permitted_one_by_one(served: "Served") -> None:
    with served.client("clerk") as clerk:
        assert isinstance(clerk.invoke("accountList"), list)
        with pytest.raises(PermissionException, match=r"InvokeRpc\.vaultTrack"):
            next(clerk.track("vault"))
    with served.client("reader") as reader:
        reader.start_flow("CreateAccount", {"name": "one to track"}).get()
        feed = reader.track("vault", "AccountInfo")
        assert next(feed)["snapshot"]["states"]
        feed.close()


# --- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "arguments", "kind", "text"),
    [
        ("noSuchMethod", {}, "IllegalArgumentError", "noSuchMethod"),
        ("flowShow", {}, "IllegalArgumentError", "flow_id"),
        ("flowShow", {"flow_id": "x"}, "UnknownFlowIdException", "x"),
        ("vaultQuery", {"state": "Nothing"}, "UnknownStateTypeException", "Nothing"),
        ("vaultBalance", {"account": "nobody"}, "AccountNotFoundException", "nobody"),
        ("transaction", {"id": "zz"}, "IllegalArgumentError", "zz"),
    ],
)
def test_errors_keep_their_type(
    admin: NodeRpcClient, method: str, arguments: dict[str, str], kind: str, text: str
) -> None:
    with pytest.raises(RpcException, match=text) as raised:
        admin.invoke(method, **arguments)
    assert raised.value.type_name == kind


@pytest.mark.parametrize(
    ("flow", "arguments", "kind", "text"),
    [
        ("CreateAccont", {}, "UnknownFlowException", "Did you mean CreateAccount"),
        ("CreateAccount", {}, "FlowArgumentsException", "name=str"),
        ("CreateAccount", {"nam": "x"}, "FlowArgumentsException", "name=str"),
        ("CashIssueFlow", {"amount": "1 Yen of Japan"}, "FlowArgumentsException", "amount=Amount"),
    ],
)
def test_wrong_starts_are_explained(
    admin: NodeRpcClient, flow: str, arguments: dict[str, str], kind: str, text: str
) -> None:
    with pytest.raises(RpcException, match=text) as raised:
        admin.start_flow(flow, arguments)
    assert raised.value.type_name == kind


def test_a_flow_s_own_error_is_its_outcome(admin: NodeRpcClient) -> None:
    admin.start_flow("CreateAccount", {"name": "twice"}).get()
    again = admin.start_flow("CreateAccount", {"name": "twice"})
    assert again.error_type
    assert "twice" in again.error
    with pytest.raises(RpcException, match="twice"):
        again.get()


def test_a_defect_of_the_node_stays_inside(
    admin: NodeRpcClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(_node: Node, _request: Request) -> None:
        raise ZeroDivisionError("with a secret in its text")

    monkeypatch.setitem(OPERATIONS, "nodeInfo", Operation(Request, break_down))
    with pytest.raises(RpcException) as raised:
        admin.invoke("nodeInfo")
    assert raised.value.type_name == "InternalNodeException"
    assert "secret" not in str(raised.value)


def test_a_busy_node_says_when_to_come_back(served: "Served", admin: NodeRpcClient) -> None:
    manager = served.node.manager
    before = manager.settings
    manager.settings = replace(before, max_flows=0, busy_eta_seconds=7.5)
    try:
        with pytest.raises(RpcException) as raised:
            admin.start_flow("CreateAccount", {"name": "too many"})
    finally:
        manager.settings = before
    assert raised.value.type_name == "RejectedCommandException"
    assert raised.value.eta_seconds == 7.5
    assert "try again in 7.5 s" in str(raised.value)


def test_a_draining_node_takes_no_flow(admin: NodeRpcClient) -> None:
    assert admin.invoke("setFlowsDrainingModeEnabled", enabled=True) is True
    try:
        with pytest.raises(RpcException, match="draining") as raised:
            admin.start_flow("CreateAccount", {"name": "late"})
    finally:
        assert admin.invoke("setFlowsDrainingModeEnabled", enabled=False) is False
    assert raised.value.type_name == "RejectedCommandException"


# --- outcomes --------------------------------------------------------------------------------


def test_progress_and_result(admin: NodeRpcClient) -> None:
    told: list[tuple[str, Sequence[str]]] = []
    outcome = admin.start_flow(
        "CreateAccount", {"name": "told"}, on_progress=lambda *update: told.append(update)
    )
    assert {flow_id for flow_id, _ in told} <= {outcome.flow_id}
    assert outcome.get()["data"]["name"] == "told"
    assert outcome.text


def test_a_client_id_has_one_outcome_and_one_user(served: "Served", admin: NodeRpcClient) -> None:
    first = admin.start_flow("CreateAccount", {"name": "once"}, "c1")
    assert admin.start_flow("CreateAccount", {"name": "once"}, "c1") == first
    assert admin.begin_flow("CreateAccount", {"name": "other"}, "c1").outcome == first
    assert admin.reattach_flow("c1") == FlowHandle(first.flow_id, first)
    with served.client("clerk") as clerk, pytest.raises(PermissionException, match="c1"):
        clerk.start_flow("CreateAccount", {"name": "clerk's"}, "c1")


def test_a_removed_client_id_starts_another_flow(admin: NodeRpcClient) -> None:
    first = admin.start_flow("CreateAccount", {"name": "removed"}, "c9")
    until(lambda: admin.invoke("removeClientId", client_id="c9") is True)
    assert admin.reattach_flow("c9") is None
    again = admin.start_flow("CreateAccount", {"name": "removed and made again"}, "c9")
    assert again.flow_id != first.flow_id
    assert "c9" in admin.invoke("finishedFlowsWithClientIds")


def test_a_begun_flow_goes_on_without_its_client(admin: NodeRpcClient) -> None:
    handle = admin.begin_flow("CreateAccount", {"name": "left alone"}, "c2")
    outcome = admin.start_flow("CreateAccount", {"name": "left alone"}, "c2")
    assert outcome.flow_id == handle.flow_id
    assert outcome.get()["data"]["name"] == "left alone"


# --- streams ---------------------------------------------------------------------------------


def test_a_client_that_is_gone_leaves_nothing_behind(
    served: "Served", admin: NodeRpcClient
) -> None:
    until(lambda: streams(served) == 0)
    before = served.on_loop(lambda: list(served.node.room.subscribers))
    vault, flows = admin.track("vault"), admin.track("flows")
    next(vault)
    next(flows)
    assert streams(served) == 2
    vault.close()
    flows.close()
    until(lambda: streams(served) == 0)
    assert served.on_loop(lambda: served.node.room.subscribers) == before


def test_a_connection_that_breaks_ends_its_streams(served: "Served") -> None:
    until(lambda: streams(served) == 0)
    client = served.client("admin")
    feed = client.track("flows")
    next(feed)
    assert streams(served) == 1
    client.close()
    until(lambda: streams(served) == 0)
    with pytest.raises((NodeUnreachableException, StopIteration)):
        next(feed)


def test_a_slow_reader_is_told_what_it_missed(
    served: "Served", admin: NodeRpcClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription.Subscription.__init__, "__defaults__", (3,))
    feed = admin.track("flows")
    next(feed)
    tell = served.node.room.subscribers

    def flood() -> None:
        for number in range(10):
            for subscriber in list(tell):
                subscriber(Notification("f", Progress((f"step {number}",))))

    served.on_loop(flood)
    with pytest.raises(RpcException) as raised:
        list(feed)
    assert raised.value.type_name == "SlowConsumerException"
    until(lambda: streams(served) == 0)


def test_an_unknown_feed_is_refused(admin: NodeRpcClient) -> None:
    with pytest.raises(RpcException, match="vault or flows"):
        next(admin.track("weather"))


def test_what_an_operation_writes_is_durable_before_its_answer(
    served: "Served", admin: NodeRpcClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage, tries = served.node.storage, list[int]()
    commit = storage.commit

    def reluctant(batches: Sequence[WriteBatch], *, epoch: int | None) -> list[Exception | None]:
        tries.append(len(batches))
        if len(tries) < 3:
            raise DatabaseUnavailable("busy")
        return commit(batches, epoch=epoch)

    monkeypatch.setattr(storage, "commit", reluctant)
    try:
        assert admin.invoke("setFlowsDrainingModeEnabled", enabled=True)
        assert len(tries) >= 3
        assert served.node.hub.checkpoints.is_draining()
    finally:
        admin.invoke("setFlowsDrainingModeEnabled", enabled=False)


def test_notes_on_a_transaction_are_kept_in_order(admin: NodeRpcClient) -> None:
    admin.start_flow("CreateAccount", {"name": "noted"}).get()
    (state,) = admin.invoke("vaultQuery", state="AccountInfo", page_size=1)["states"]
    tx_id = state["ref"].partition("(")[0]
    assert admin.invoke("getVaultTransactionNotes", id=tx_id) == []
    for note in ("first", "second"):
        assert admin.invoke("addVaultTransactionNote", id=tx_id, note=note) == tx_id
    assert admin.invoke("getVaultTransactionNotes", id=tx_id) == ["first", "second"]


@pytest.mark.parametrize(
    ("method", "arguments", "says"),
    [
        ("addVaultTransactionNote", {"id": "AB" * 32, "note": "x"}, "no transaction ABAB"),
        ("addVaultTransactionNote", {"id": "AB" * 32, "note": ""}, "note"),
        ("addVaultTransactionNote", {"id": "AB" * 32}, "note"),
        ("getVaultTransactionNotes", {"id": "AB" * 32}, "no transaction ABAB"),
    ],
)
def test_a_note_needs_its_transaction_and_a_text(
    admin: NodeRpcClient, method: str, arguments: dict[str, str], says: str
) -> None:
    with pytest.raises(RpcException, match=says) as raised:
        admin.invoke(method, **arguments)
    assert raised.value.type_name == "IllegalArgumentError"


# --- the connection --------------------------------------------------------------------------


def test_a_client_without_tls_reaches_nobody(served: "Served") -> None:
    plain = NodeRpcClient(served.address, "admin", "admin-s3cret")
    with plain, pytest.raises(NodeUnreachableException):
        plain.invoke("nodeInfo")


def test_another_certificate_is_not_trusted(served: "Served") -> None:
    truststore = (served.node_dir / "certificates" / "truststore.pem").read_bytes()
    wary = NodeRpcClient(served.address, "admin", "admin-s3cret", trust=truststore)
    with wary, pytest.raises(NodeUnreachableException):
        wary.invoke("nodeInfo")


def test_a_taken_address_is_an_error_with_its_name(served: "Served") -> None:
    second = served.on_loop(lambda: Node(served.node_dir))
    settings = second.config.rpc_settings.model_copy(update={"address": served.address})
    second.config = second.config.model_copy(update={"rpc_settings": settings})
    server = served.on_loop(lambda: RpcServer(second))
    with pytest.raises(RpcBindException, match=served.address):
        served.run(server.start(0.3))


def test_passwords_are_nowhere_in_the_logs(
    served: "Served", admin: NodeRpcClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with (
        served.client("admin", "wrong-s3cret") as stranger,
        pytest.raises(RpcAuthenticationException),
    ):
        stranger.invoke("nodeInfo")
    admin.start_flow("CreateAccount", {"name": "logged"}).get()
    assert caplog.records
    assert "s3cret" not in caplog.text
    assert "s3cret" not in repr(served.node.config)
