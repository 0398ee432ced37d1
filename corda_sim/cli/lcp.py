"""`lcp`: the light-client proxy with its simulated enclave, and the attestation service."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corda_sim.cli.options import Json
from corda_sim.cli.output import emit
from corda_sim.cli.stopping import until_stopped

if TYPE_CHECKING:
    from corda_sim.lcp._pb import enclave_pb2
    from corda_sim.lcp.client import LcpConnection

ADDRESS, ATTESTATION_ADDRESS = "127.0.0.1:50051", "127.0.0.1:50061"
app = typer.Typer(no_args_is_help=True)

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="Made where it is missing.")]
At = Annotated[str, typer.Option("--address", metavar="HOST:PORT", help="Where the proxy is.")]
Certificate = Annotated[
    Path | None, typer.Option("--tls-certificate", help="PEM; needed beyond loopback.")
]
Key = Annotated[Path | None, typer.Option("--tls-key", help="PEM, its private key.")]
Root = Annotated[Path | None, typer.Option("--tls-root", help="PEM; the service is called by TLS.")]


@app.command()
def run(
    directory: Directory,
    attestation: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="The attestation service.")
    ] = ATTESTATION_ADDRESS,
    address: At = ADDRESS,
    certificate: Certificate = None,
    key: Key = None,
    root: Root = None,
    as_json: Json = False,
) -> None:
    """Run the proxy until SIGTERM. Its enclave is simulated: no hardware guards the key."""
    from corda_sim.lcp.attestation.client import AttestationClient
    from corda_sim.lcp.endpoints import Endpoint
    from corda_sim.lcp.node.server import LcpNode

    endpoint = Endpoint(address, certificate, key)
    stopped = until_stopped()
    node = LcpNode(directory.resolve(), endpoint, AttestationClient(attestation, root))
    _ready({"address": node.address, "mrenclave": node.host.mrenclave.hex()}, as_json)
    stopped.wait()
    node.stop()


@app.command("attestation")
def attestation_service(
    directory: Directory,
    address: At = ATTESTATION_ADDRESS,
    certificate: Certificate = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Run the attestation service until SIGTERM."""
    from corda_sim.lcp.attestation.server import start_attestation
    from corda_sim.lcp.endpoints import Endpoint

    stopped = until_stopped()
    endpoint = Endpoint(address, certificate, key)
    server, bound = start_attestation(directory.resolve(), endpoint)
    _ready({"address": bound}, as_json)
    stopped.wait()
    server.stop(0.5).wait()


@app.command()
def register(
    directory: Annotated[Path, typer.Argument(metavar="ATTESTATION_DIR")],
    proxy: Annotated[Path, typer.Argument(metavar="DIR", help="The proxy's directory.")],
    as_json: Json = False,
) -> None:
    """Let an attestation service attest the enclaves of a proxy's platform."""
    from corda_sim.lcp.attestation.service import register_platform
    from corda_sim.lcp.node.server import open_platform

    platform = open_platform(proxy.resolve()).platform
    register_platform(directory.resolve(), platform)
    emit({"platform": platform.hex()}, as_json=as_json)


@app.command()
def info(address: At = ADDRESS, root: Root = None, as_json: Json = False) -> None:
    """Show the enclave: its measurement, and that it is simulated."""
    with _connected(address, root) as proxy:
        found = proxy.info()
    emit(
        {"mrenclave": found.mrenclave.hex(), "debug": found.enclave_debug, "simulated": True},
        as_json=as_json,
    )


@app.command()
def keys(address: At = ADDRESS, root: Root = None, as_json: Json = False) -> None:
    """List the enclave's attested keys, the newest first."""
    with _connected(address, root) as proxy:
        found = proxy.enclave_keys()
    emit([_row(one) for one in found], as_json=as_json)


@app.command()
def attest(
    address: At = ADDRESS,
    operator: Annotated[
        str, typer.Option(metavar="0x…", help="Whom the key signs for; nobody without.")
    ] = "",
    root: Root = None,
    as_json: Json = False,
) -> None:
    """Make a new enclave key and have it attested."""
    with _connected(address, root) as proxy:
        made = proxy.attest(_address(operator))
    emit(_row(made), as_json=as_json)


@contextmanager
def _connected(address: str, root: Path | None) -> "Iterator[LcpConnection]":
    from corda_sim.lcp.client import LcpConnection

    proxy = LcpConnection(address, root)
    try:
        yield proxy
    finally:
        proxy.close()


def _ready(document: dict[str, Any], as_json: bool) -> None:
    emit(document, as_json=as_json, text=f"ready at {document['address']} (simulated)")


def _address(text: str) -> bytes:
    try:
        found = bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise typer.BadParameter("not hexadecimal", param_hint="--operator") from error
    if len(found) not in {0, 20}:
        raise typer.BadParameter("an address has 20 bytes", param_hint="--operator")
    return found


def _row(key: "enclave_pb2.IASEnclaveKeyInfo") -> dict[str, Any]:
    attested = datetime.fromtimestamp(key.attestation_time, UTC)
    return {"key": "0x" + key.enclave_key_address.hex(), "attested": attested.isoformat()}
