"""`goquorum deploy | admit | revoke`: the bridge's contracts on a GoQuorum network."""

from pathlib import Path
from typing import Annotated

import typer

from corda_sim.cli.goquorum_options import (
    Bridge,
    Contracts,
    Key,
    PasswordFile,
    Rpc,
    at_bridge,
    sending,
)
from corda_sim.cli.options import Json
from corda_sim.cli.output import emit

app = typer.Typer(no_args_is_help=True)


@app.command()
def deploy(  # noqa: PLR0913, PLR0917 - each is an option
    file: Annotated[Path, typer.Argument(metavar="BRIDGE_FILE", help="Addresses are put here.")],
    rpc: Rpc,
    key: Key,
    root_certificate: Annotated[
        Path, typer.Option(metavar="FILE", help="The attestation service's root, in DER.")
    ],
    production: Annotated[
        bool, typer.Option("--production", help="Refuse simulated enclaves.")
    ] = False,
    contracts: Contracts = None,
    password_file: PasswordFile = None,
    as_json: Json = False,
) -> None:
    """Deploy handler, light client, Cross modules and an ERC-721, and tie them together."""
    from goquorum.bridge_file import BridgeFile
    from goquorum.contract_set import contracts_of
    from goquorum.deploy import deploy_bridge

    certificate = _read(root_certificate)
    found = contracts_of(contracts)
    if file.exists():
        raise typer.BadParameter(f"{file} exists: a bridge is deployed", param_hint="BRIDGE_FILE")
    with sending(rpc, key, password_file) as sender:
        block = int(sender.rpc.call("eth_blockNumber"), 16)
        made = deploy_bridge(sender, certificate, development=not production, contracts=found)
        bridge = BridgeFile.of(sender.rpc, block, made)
    bridge.write(file)
    emit(bridge.model_dump(mode="json"), as_json=as_json)


@app.command()
def admit(
    client: Annotated[str, typer.Argument(metavar="CLIENT_ID", help="A client of the handler's.")],
    bridge: Bridge,
    rpc: Rpc,
    key: Key,
    password_file: PasswordFile = None,
    as_json: Json = False,
) -> None:
    """Let both Cross modules open channels over connections of a client."""
    from goquorum.deploy import admit_client

    with at_bridge(bridge, rpc, key, password_file) as (sender, contracts):
        admit_client(sender, contracts, client)
    emit({"admitted": client}, as_json=as_json)


@app.command()
def revoke(
    client: Annotated[str, typer.Argument(metavar="CLIENT_ID", help="A client that was admitted.")],
    bridge: Bridge,
    rpc: Rpc,
    key: Key,
    password_file: PasswordFile = None,
    as_json: Json = False,
) -> None:
    """Let both Cross modules take neither channels nor calls over a client any more."""
    from goquorum.deploy import revoke_client

    with at_bridge(bridge, rpc, key, password_file) as (sender, contracts):
        revoke_client(sender, contracts, client)
    emit({"revoked": client}, as_json=as_json)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(str(error), param_hint="--root-certificate") from error
