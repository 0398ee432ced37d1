"""Options of the commands that speak to GoQuorum, and the account that they speak for."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from goquorum.deploy import Deployment
    from goquorum.endpoint.account import Sender

Rpc = Annotated[str, typer.Option(metavar="URL", help="JSON-RPC of a GoQuorum node.")]
Key = Annotated[
    Path,
    typer.Option(metavar="FILE", help="An encrypted keystore, or a plain key of mode 0600."),
]
Geth = Annotated[Path | None, typer.Option(help="On GoQuorum, of this binary.")]
PasswordFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The keystore's password; asked for without.")
]
Bridge = Annotated[Path, typer.Option(metavar="BRIDGE_FILE", help="As deploy wrote it.")]
Contracts = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Your own artifacts or addresses, used before ours."),
]


def address(text: str) -> bytes:
    """An address that the user wrote. Raises AddressRefused."""
    from goquorum.endpoint.addresses import parse_address

    return parse_address(text)


@contextmanager
def sending(rpc: str, key: Path, password_file: Path | None) -> "Iterator[Sender]":
    """The account of a key file at an endpoint.

    Raises: KeyFileRefused, EndpointUnreachable.
    """
    from goquorum.endpoint.account import Sender
    from goquorum.endpoint.json_rpc import JsonRpc

    secret = private_key(key, password_file)
    with closing(JsonRpc(rpc)) as endpoint:
        yield Sender(endpoint, secret)


@contextmanager
def at_bridge(
    bridge: Path, rpc: str, key: Path, password_file: Path | None
) -> "Iterator[tuple[Sender, Deployment]]":
    """The account of a key file, and the contracts of a bridge file.

    Raises: BridgeFileRefused, KeyFileRefused, EndpointUnreachable.
    """
    from goquorum.bridge_file import BridgeFile

    file = BridgeFile.read(bridge)
    with sending(rpc, key, password_file) as sender:
        yield sender, file.connect(sender.rpc)


def private_key(key: Path, password_file: Path | None) -> bytes:
    """The key of a file, 32 bytes. Raises: KeyFileRefused."""
    from goquorum.endpoint.key_file import read_key

    return read_key(key, lambda: _password(password_file))


def _password(file: Path | None) -> str:
    if file is None:
        return str(typer.prompt("Password of the key", hide_input=True, err=True))
    try:
        return file.read_text("utf-8").removesuffix("\n")
    except OSError as error:
        raise typer.BadParameter(str(error), param_hint="--password-file") from error
