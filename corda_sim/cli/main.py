"""The command line. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 node not reached."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from corda_sim.cli import (
    account,
    audit,
    bench,
    bridge,
    cross,
    demo,
    devnet,
    dvp,
    flow,
    goquorum,
    goquorum_sign,
    ibc,
    lcp,
    network,
    nft,
    node,
    notary,
    relayer,
    sim,
    tx,
    vault,
)
from corda_sim.cli.output import errors
from corda_sim.core.errors import CordaError
from corda_sim.flow.errors import FlowArgumentsException
from corda_sim.lcp.errors import LcpRefusedException, LcpUnreachableException
from corda_sim.node.network_errors import ConfirmationRequiredException, NetworkNotFoundException
from corda_sim.rpc.errors import FlowFailedException, NodeUnreachableException, RpcException
from goquorum.endpoint.json_rpc import EndpointUnreachable
from goquorum.errors import WrongUse

FAILED, USAGE, UNREACHABLE = 1, 2, 3
WRONG_USE = frozenset(
    ("FlowArgumentsException", "UnknownFlowException", "UnknownStateTypeException")
)
"""Errors of a node's that the user's words are the cause of."""

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(network.app, name="network", help="Make, start and stop a development network.")
app.add_typer(node.app, name="node", help="Run a node, and look after one.")
app.add_typer(flow.app, name="flow", help="Start and watch flows.")
app.add_typer(vault.app, name="vault", help="Query the vault.")
app.add_typer(account.app, name="account", help="Accounts.")
app.add_typer(tx.app, name="tx", help="Transactions.")
audit.notary_app.command("start")(notary.start)
app.add_typer(audit.notary_app, name="notary", help="What a notary has committed; start one.")
app.add_typer(audit.validator_app, name="validator", help="What a validator has signed.")
app.add_typer(node.db_app, name="db", help="Database schemas.")
app.add_typer(devnet.app, name="devnet", help="A GoQuorum network on loopback.")
app.add_typer(goquorum.app, name="goquorum", help="The bridge's contracts on GoQuorum.")
goquorum.app.command("sign")(goquorum_sign.sign)
goquorum.app.command("withdraw")(goquorum_sign.withdraw)
app.add_typer(nft.app, name="nft", help="Tokens of an ERC-721 on GoQuorum.")
app.add_typer(dvp.app, name="dvp", help="Delivery versus payment across the bridge.")
app.add_typer(cross.app, name="cross", help="Cross-chain transactions.")
app.add_typer(ibc.app, name="ibc", help="The bridge: clients, connections, channels, packets.")
app.add_typer(bridge.app, name="bridge", help="Whether the bridge's states are still there.")
app.add_typer(demo.app, name="demo", help="Demonstrations.")
app.add_typer(bench.app, name="bench", help="Benchmarks.")
app.add_typer(lcp.app, name="lcp", help="The light-client proxy; its enclave is simulated.")
app.add_typer(relayer.app, name="relayer", help="Bring packets from one chain to the other.")
app.command(name="check")(demo.check)
app.command(name="sim")(sim.sim)


@app.callback()
def settings(
    context: typer.Context,
    node_dir: Annotated[
        Path | None, typer.Option("-n", "--node", help="The node's directory.")
    ] = None,
) -> None:
    """A Corda network you can run, kill and trust."""
    context.obj = node_dir


def main() -> None:
    """Run a command; the process ends with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command; its exit code."""
    try:
        app(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else FAILED
    except CordaError as error:
        errors.print(f"{_name_of(error)}: {error}")
        return exit_code(error)
    return 0


def _name_of(error: CordaError) -> str:
    if isinstance(error, RpcException | LcpRefusedException):
        return error.type_name
    return type(error).__name__


def exit_code(error: CordaError) -> int:
    """What a command that ended in `error` leaves with."""
    match error:
        case NodeUnreachableException() | LcpUnreachableException() | EndpointUnreachable():
            return UNREACHABLE
        case FlowFailedException():
            return FAILED
        case RpcException(type_name=name) if name in WRONG_USE:
            return USAGE
        case (
            FlowArgumentsException()
            | ConfirmationRequiredException()
            | NetworkNotFoundException()
            | WrongUse()
        ):
            return USAGE
        case _:
            return FAILED


if __name__ == "__main__":
    main()
