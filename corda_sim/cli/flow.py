"""`flow available | start | list | watch | show | steps | explain | kill | pause | resume | …`."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any

import typer

from corda_sim.cli.connect import connect
from corda_sim.cli.options import Json
from corda_sim.cli.output import console, emit, in_line
from corda_sim.cli.watching import watched
from corda_sim.flow.errors import FlowArgumentsException, UnknownFlowIdException
from corda_sim.rpc.client import FlowHandle, FlowOutcome
from corda_sim.rpc.errors import FlowFailedException

app = typer.Typer(no_args_is_help=True)
ClientId = Annotated[str, typer.Argument(metavar="CLIENT_ID", help="As given to flow start.")]
Everybody = Annotated[bool, typer.Option("--all-users", help="Of other users too.")]
FlowId = Annotated[str, typer.Argument(metavar="ID", help="The id, or enough of its beginning.")]


@app.command()
def available(context: typer.Context, as_json: Json = False) -> None:
    """The flows that may be started."""
    with connect(context.obj) as client:
        emit(client.invoke("registeredFlows"), as_json=as_json)


@app.command()
def start(
    context: typer.Context,
    flow: Annotated[str, typer.Argument(metavar="CLASS")],
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[name=value]…")] = None,
    client_id: Annotated[str, typer.Option(help="The same id gives the same outcome.")] = "",
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Return once it is started.")] = False,
    as_json: Json = False,
) -> None:
    """Start a flow and wait for its outcome."""
    given = dict(_split(one) for one in arguments or ())
    with connect(context.obj) as client:
        if no_wait:
            begun = client.begin_flow(flow, given, client_id)
        else:
            show = _nothing if as_json else _progress
            outcome = client.start_flow(flow, given, client_id, show)
            begun = FlowHandle(outcome.flow_id, outcome)
    _report(begun, as_json=as_json)


def _split(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise FlowArgumentsException(f"'{text}' isn't of the form name=value")
    return name, value


def _nothing(_flow_id: str, _path: Sequence[str]) -> None:
    """A program wants the outcome alone."""


def _progress(_flow_id: str, path: Sequence[str]) -> None:
    if path:
        console.print("  " * (len(path) - 1) + path[-1])


def _report(begun: FlowHandle, *, as_json: bool, verb: str = "Started") -> None:
    outcome = begun.outcome
    if outcome is None:
        document = _document(begun.flow_id, "RUNNABLE", None, None)
        emit(document, as_json=as_json, text=f"{verb} flow [{begun.flow_id}]")
    elif not outcome.error_type:
        document = _document(begun.flow_id, "COMPLETED", outcome.result, None)
        emit(document, as_json=as_json, text=_completed(outcome))
    else:
        if as_json:
            status = "KILLED" if outcome.error_type == "KilledFlowException" else "FAILED"
            error = f"{outcome.error_type}: {outcome.error}"
            emit(_document(begun.flow_id, status, None, error), as_json=True)
        raise FlowFailedException(outcome.error_type, outcome.error)


def _completed(outcome: FlowOutcome) -> str:
    result = f" with result: {outcome.text}" if outcome.text else ""
    return f"Flow [{outcome.flow_id}] completed{result}"


def _document(flow_id: str, status: str, result: Any, error: str | None) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"flow_id": flow_id, "status": status, "result": result, "error": error}


@app.command("list")
def list_flows(context: typer.Context, as_json: Json = False) -> None:
    """The flows that the node runs or keeps."""
    with connect(context.obj) as client:
        emit(client.invoke("stateMachinesSnapshot"), as_json=as_json)


@app.command()
def watch(
    context: typer.Context,
    flow_id: Annotated[
        str, typer.Argument(metavar="[ID]", help="Only this flow, until it ends.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Progress of all flows, a line each, until interrupted; or of one, until it ends."""
    with connect(context.obj) as client, suppress(KeyboardInterrupt):
        for update in watched(client.track("flows"), flow_id):
            emit(update, as_json=as_json, text=in_line(update))


@app.command()
def show(context: typer.Context, flow_id: FlowId, as_json: Json = False) -> None:
    """One flow with its sessions."""
    with connect(context.obj) as client:
        emit(client.invoke("flowShow", flow_id=flow_id), as_json=as_json)


@app.command()
def steps(context: typer.Context, flow_id: FlowId, as_json: Json = False) -> None:
    """The steps in a flow's journal."""
    with connect(context.obj) as client:
        emit(client.invoke("flowSteps", flow_id=flow_id), as_json=as_json)


@app.command()
def explain(context: typer.Context, flow_id: FlowId, as_json: Json = False) -> None:
    """What a flow waits for, from whom, since when, and what unblocks it."""
    with connect(context.obj) as client:
        emit(client.invoke("flowExplain", flow_id=flow_id), as_json=as_json)


@app.command()
def kill(context: typer.Context, flow_id: FlowId, as_json: Json = False) -> None:
    """End a flow and tell its peers."""
    with connect(context.obj) as client:
        killed = client.invoke("killFlow", flow_id=flow_id)
    emit({"killed": killed}, as_json=as_json, text=f"Killed flow [{killed}]")


@app.command()
def pause(context: typer.Context, flow_id: FlowId, as_json: Json = False) -> None:
    """Stop a flow until it is resumed, over restarts too."""
    with connect(context.obj) as client:
        paused = client.invoke("pauseFlow", flow_id=flow_id)
    emit({"paused": paused}, as_json=as_json, text=f"Paused flow [{paused}]")


@app.command()
def resume(context: typer.Context, flow_id: FlowId, as_json: Json = False) -> None:
    """Run a paused flow again."""
    with connect(context.obj) as client:
        resumed = client.invoke("resumeFlow", flow_id=flow_id)
    emit({"resumed": resumed}, as_json=as_json, text=f"Resumed flow [{resumed}]")


@app.command()
def retry(context: typer.Context, flow_id: FlowId, as_json: Json = False) -> None:
    """Run a hospitalised flow again from its journal."""
    with connect(context.obj) as client:
        retried = client.invoke("retryFlow", flow_id=flow_id)
    emit({"retried": retried}, as_json=as_json, text=f"Retried flow [{retried}]")


@app.command()
def result(context: typer.Context, client_id: ClientId, as_json: Json = False) -> None:
    """The outcome of a flow that was started with a client id."""
    with connect(context.obj) as client:
        found = client.reattach_flow(client_id)
    if found is None:
        raise UnknownFlowIdException(f"No flow was started with the client id {client_id}")
    _report(found, as_json=as_json, verb="Still running:")


@app.command()
def finished(context: typer.Context, all_users: Everybody = False, as_json: Json = False) -> None:
    """Client ids of finished flows: whether each completed."""
    method = "finishedFlowsWithClientIds" + ("AsAdmin" if all_users else "")
    with connect(context.obj) as client:
        emit(client.invoke(method), as_json=as_json)


@app.command()
def forget(
    context: typer.Context, client_id: ClientId, all_users: Everybody = False, as_json: Json = False
) -> None:
    """Forget the outcome of a finished flow; its client id is free again."""
    method = "removeClientId" + ("AsAdmin" if all_users else "")
    with connect(context.obj) as client:
        removed = client.invoke(method, client_id=client_id)
    if not removed:
        raise UnknownFlowIdException(f"No finished flow of yours has the client id {client_id}")
    emit({"forgotten": client_id}, as_json=as_json, text=f"Forgot the flow of {client_id}")
