"""`flow …`: what is asked of the node, what is printed and how the command leaves."""

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from corda_sim.cli import flow as flow_commands
from corda_sim.cli.main import run
from corda_sim.rpc.client import FlowHandle, FlowOutcome, OnProgress
from corda_sim.rpc.errors import NodeUnreachableException, RpcException

DONE = FlowOutcome("f1", {"id": "AB"}, "SignedTransaction(AB)", "", "")
FAILED = FlowOutcome("f1", None, "", "InsufficientBalanceException", "missing 3 JPY")
KILLED = FlowOutcome("f1", None, "", "KilledFlowException", "Flow f1 was killed")
WRONG_INSIDE = FlowOutcome("f1", None, "", "UnknownFlowException", "the peer lacks it")


class FakeClient:
    """Answers as told, and keeps what it was asked."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.asked: list[tuple[Any, ...]] = []

    def _answer(self, *asked: object) -> Any:  # noqa: ANN401 - as the client's
        self.asked.append(asked)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def start_flow(
        self,
        flow: str,
        arguments: Mapping[str, str],
        client_id: str,
        on_progress: OnProgress,
    ) -> FlowOutcome:
        on_progress("f1", ())
        on_progress("f1", ("Finalising",))
        on_progress("f1", ("Finalising", "Notarising"))
        outcome: FlowOutcome = self._answer(flow, arguments, client_id)
        return outcome

    def begin_flow(self, flow: str, arguments: Mapping[str, str], client_id: str) -> FlowHandle:
        handle: FlowHandle = self._answer(flow, arguments, client_id)
        return handle

    def reattach_flow(self, client_id: str) -> FlowHandle | None:
        handle: FlowHandle | None = self._answer("reattach", client_id)
        return handle

    def invoke(self, method: str, **arguments: object) -> Any:  # noqa: ANN401 - JSON
        return self._answer(method, arguments)

    def track(self, feed: str) -> Generator[Any, None, None]:
        yield {"snapshot": self._answer(feed)}
        yield {"flow_id": "f1", "ended": True, "error": None}
        raise KeyboardInterrupt


Answering = Callable[[object], FakeClient]


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Answering:
    def answer(what: object) -> FakeClient:
        client = FakeClient(what)

        @contextmanager
        def connect(_node_dir: object) -> Iterator[FakeClient]:
            yield client

        monkeypatch.setattr(flow_commands, "connect", connect)
        return client

    return answer


def test_a_start_passes_arguments_and_client_id(node: Answering) -> None:
    client = node(DONE)
    assert run(["flow", "start", "Pay", "amount=1 JPY", "to=O=B, L=X", "--client-id", "c"]) == 0
    assert client.asked == [("Pay", {"amount": "1 JPY", "to": "O=B, L=X"}, "c")]


def test_people_see_progress_and_result(
    node: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    node(DONE)
    assert run(["flow", "start", "Pay"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Finalising",
        "  Notarising",
        "Flow [f1] completed with result: SignedTransaction(AB)",
    ]


@pytest.mark.parametrize(
    ("outcome", "status", "code"),
    [(DONE, "COMPLETED", 0), (FAILED, "FAILED", 1), (KILLED, "KILLED", 1)],
)
def test_programs_get_one_document(
    node: Answering,
    capsys: pytest.CaptureFixture[str],
    outcome: FlowOutcome,
    status: str,
    code: int,
) -> None:
    node(outcome)
    assert run(["flow", "start", "Pay", "--json"]) == code
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    error = f"{outcome.error_type}: {outcome.error}" if code else None
    assert document == {
        "flow_id": "f1",
        "status": status,
        "result": outcome.result,
        "error": error,
    }
    assert captured.err == (f"{error}\n" if error else "")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FAILED, 1),
        (WRONG_INSIDE, 1),
        (RpcException("UnknownFlowException", "No flow is named Pa. Did you mean Pay?"), 2),
        (RpcException("FlowArgumentsException", "Pay takes: amount=Amount"), 2),
        (RpcException("RejectedCommandException", "busy", 1.0), 1),
        (NodeUnreachableException("nobody answers"), 3),
    ],
)
def test_how_a_start_fails(
    node: Answering, capsys: pytest.CaptureFixture[str], error: object, code: int
) -> None:
    node(error)
    assert run(["flow", "start", "Pay"]) == code
    name, _, text = capsys.readouterr().err.partition(": ")
    expected = getattr(error, "error_type", None) or getattr(error, "type_name", None)
    assert name == (expected or type(error).__name__)
    assert text


@pytest.mark.parametrize(
    ("outcome", "status"), [(None, "RUNNABLE"), (DONE, "COMPLETED"), (FAILED, "FAILED")]
)
def test_a_start_without_waiting_tells_what_is_known(
    node: Answering,
    capsys: pytest.CaptureFixture[str],
    outcome: FlowOutcome | None,
    status: str,
) -> None:
    node(FlowHandle("f1", outcome))
    assert run(["flow", "start", "Pay", "--no-wait", "--json"]) == (1 if status == "FAILED" else 0)
    assert json.loads(capsys.readouterr().out)["status"] == status


def test_a_start_without_waiting_shows_the_id(
    node: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    node(FlowHandle("f1", None))
    assert run(["flow", "start", "Pay", "--no-wait"]) == 0
    assert capsys.readouterr().out == "Started flow [f1]\n"


@pytest.mark.parametrize(
    ("command", "method", "key"),
    [
        ("kill", "killFlow", "killed"),
        ("pause", "pauseFlow", "paused"),
        ("resume", "resumeFlow", "resumed"),
        ("retry", "retryFlow", "retried"),
    ],
)
def test_commands_on_one_flow(
    node: Answering,
    capsys: pytest.CaptureFixture[str],
    command: str,
    method: str,
    key: str,
) -> None:
    client = node("f1")
    assert run(["flow", command, "f", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {key: "f1"}
    assert run(["flow", command, "f"]) == 0
    assert "flow [f1]" in capsys.readouterr().out
    assert client.asked == [(method, {"flow_id": "f"})] * 2


@pytest.mark.parametrize(
    ("command", "method"),
    [("show", "flowShow"), ("steps", "flowSteps"), ("explain", "flowExplain")],
)
def test_questions_about_one_flow(
    node: Answering, capsys: pytest.CaptureFixture[str], command: str, method: str
) -> None:
    client = node({"flow": "Pay f1"})
    assert run(["flow", command, "f", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"flow": "Pay f1"}
    assert client.asked == [(method, {"flow_id": "f"})]
    assert run(["flow", command]) == 2


def test_watching_prints_a_document_a_line_until_interrupted(
    node: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    client = node([{"flow_id": "f1", "status": "RUNNABLE"}])
    assert run(["flow", "watch", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [sorted(line) for line in lines] == [
        ["flow_id", "status"],
        ["ended", "error", "flow_id"],
    ]
    assert client.asked == [("flows",)]


def test_watching_one_flow_that_is_unknown(
    node: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    node([])
    assert run(["flow", "watch", "f9", "--json"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("UnknownFlowIdException: ")


# --- by client id ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "code", "said"),
    [
        (None, 0, "Still running: flow [f1]"),
        (DONE, 0, "Flow [f1] completed with result: SignedTransaction(AB)"),
        (FAILED, 1, "InsufficientBalanceException: missing 3 JPY"),
    ],
)
def test_the_outcome_of_a_client_id(
    node: Answering,
    capsys: pytest.CaptureFixture[str],
    outcome: FlowOutcome | None,
    code: int,
    said: str,
) -> None:
    client = node(FlowHandle("f1", outcome))
    assert run(["flow", "result", "invoice"]) == code
    captured = capsys.readouterr()
    assert captured.out + captured.err == said + "\n"
    assert client.asked == [("reattach", "invoice")]


def test_an_unknown_client_id_has_no_outcome(
    node: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    node(None)
    assert run(["flow", "result", "invoice"]) == 1
    assert "No flow was started with the client id invoice" in capsys.readouterr().err


@pytest.mark.parametrize(("option", "suffix"), [([], ""), (["--all-users"], "AsAdmin")])
def test_an_outcome_is_forgotten(
    node: Answering, capsys: pytest.CaptureFixture[str], option: list[str], suffix: str
) -> None:
    client = node(True)
    assert run(["flow", "forget", "invoice", "--json", *option]) == 0
    assert json.loads(capsys.readouterr().out) == {"forgotten": "invoice"}
    assert client.asked == [(f"removeClientId{suffix}", {"client_id": "invoice"})]


def test_what_runs_or_is_unknown_is_not_forgotten(
    node: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    node(False)
    assert run(["flow", "forget", "invoice"]) == 1
    assert "No finished flow of yours" in capsys.readouterr().err


@pytest.mark.parametrize(("option", "suffix"), [([], ""), (["--all-users"], "AsAdmin")])
def test_finished_flows_are_listed(
    node: Answering, capsys: pytest.CaptureFixture[str], option: list[str], suffix: str
) -> None:
    client = node({"invoice": True})
    assert run(["flow", "finished", "--json", *option]) == 0
    assert json.loads(capsys.readouterr().out) == {"invoice": True}
    assert client.asked == [(f"finishedFlowsWithClientIds{suffix}", {})]
