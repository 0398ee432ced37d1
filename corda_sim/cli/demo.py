"""`demo`, `demo cash` and `check DIR`."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from corda_sim.cli.goquorum_options import Contracts, Geth
from corda_sim.cli.options import Json
from corda_sim.cli.output import emit, errors
from corda_sim.cli.stopping import interrupt_when_stopped

if TYPE_CHECKING:
    from corda_sim.invariants import NodeDatabase, Violation

app = typer.Typer()
Directory = Annotated[Path | None, typer.Option(help="Where everything is made.")]


@app.callback(invoke_without_command=True)
def dvp(
    context: typer.Context,
    case: Annotated[
        list[str] | None, typer.Option(help="Which cases; all by default. Repeatable.")
    ] = None,
    geth: Geth = None,
    rpc: Annotated[str | None, typer.Option(metavar="URL", help="On a running network.")] = None,
    contracts: Contracts = None,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Settle a stablecoin on Corda against a token on GoQuorum, and see it go wrong safely."""
    if context.invoked_subcommand is not None:
        return
    from corda_sim.testing.dvp_demo.cases import CASES
    from corda_sim.testing.dvp_demo.demo import DvpDemo
    from corda_sim.testing.dvp_demo.set_up import ChainChoice
    from goquorum.contract_set import contracts_of

    unknown = [one for one in case or () if one not in CASES]
    if unknown:
        raise typer.BadParameter(f"cases are {', '.join(CASES)}", param_hint="--case")
    if geth is not None and rpc is not None:
        raise typer.BadParameter("give --geth or --rpc, not both")
    choice = ChainChoice(rpc, geth, contracts=contracts_of(contracts))
    interrupt_when_stopped()
    demo = DvpDemo(tuple(case or CASES), choice, directory)
    report = demo.run(Console(quiet=as_json, highlight=False))
    if as_json:
        emit(asdict(report), as_json=True)
    if not report.ok:
        raise typer.Exit(1)


@app.command()
def cash(
    payments: Annotated[int, typer.Option(min=300, help="How many payments to settle.")] = 2000,
    directory: Directory = None,
    reload: Annotated[
        bool, typer.Option("--reload", help="Rebuild every flow from its journal at every suspend.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Settle payments on real nodes while a party and the notary are killed."""
    from corda_sim.testing.demo import CashDemo

    demo = CashDemo(payments, directory, reload=reload)
    report = demo.run(Console(quiet=as_json), errors)
    if as_json:
        emit(asdict(report), as_json=True)
    if not report.ok:
        raise typer.Exit(1)


def check(
    directory: Path,
    bridge: Annotated[
        Path | None,
        typer.Option(metavar="BRIDGE_FILE", help="Check the bridge to GoQuorum, too; with --rpc."),
    ] = None,
    rpc: Annotated[str | None, typer.Option(metavar="URL", help="GoQuorum, at rest.")] = None,
    as_json: Json = False,
) -> None:
    """Check the invariants over a whole network at rest."""
    from corda_sim.invariants.check import check_network, databases_of

    if (bridge is None) != (rpc is None):
        raise typer.BadParameter("--bridge and --rpc go together", param_hint="--bridge")
    databases = databases_of(directory)
    violations = check_network(databases)
    if bridge is not None and rpc is not None:
        violations += _across(databases, bridge, rpc)
    found = [str(one) for one in violations]
    emit({"violations": found}, as_json=as_json, text="\n".join(found) or "no violations")
    if found:
        raise typer.Exit(1)


def _across(databases: "Sequence[NodeDatabase]", bridge: Path, rpc: str) -> "list[Violation]":
    """What doesn't hold on both chains together. Raises: BridgeFileRefused, EndpointUnreachable."""
    from corda_sim.invariants.bridge.check import check_bridge
    from goquorum.bridge_file import BridgeFile
    from goquorum.endpoint.json_rpc import JsonRpc

    with closing(JsonRpc(rpc)) as endpoint:
        file = BridgeFile.read(bridge)
        file.connect(endpoint)
        return check_bridge(databases, endpoint, file)
