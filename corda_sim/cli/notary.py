"""`notary start`: runs a notary node, with an operator's override where its start is refused."""

from typing import Annotated

import typer

from corda_sim.cli.connect import node_directory
from corda_sim.cli.node import serve
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.node.config import NodeConfiguration, load_config
from corda_sim.node.node import Node


def start(
    context: typer.Context,
    accept_head: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="The database's head, as the refusal shows it; logged."),
    ] = None,
    log_level: Annotated[str, typer.Option(help="DEBUG, INFO, WARNING.")] = "INFO",
) -> None:
    """Run a notary node until SIGTERM, as `node run` does.

    A worker whose database lacks a head that its head file or a witness knows refuses to sign.
    --accept-head gives up the batches that were lost: what they spent can be spent again.
    """
    directory = node_directory(context.obj).resolve()
    config = load_config(directory)
    if config.notary is None:
        raise IllegalArgumentError(f"{directory} is no notary: node.toml has no [notary]")
    if accept_head is not None:
        config = accepting(config, accept_head)
    serve(Node(directory, config), log_level)


def accepting(config: NodeConfiguration, accept_head: str) -> NodeConfiguration:
    """The configuration with the override. Raises: BadParameter for what is no hash."""
    try:
        head = SecureHash.parse(accept_head)
    except IllegalArgumentError as error:
        raise typer.BadParameter(str(error)) from error
    if config.notary is None:
        return config
    notary = config.notary.model_copy(update={"accept_head": str(head)})
    return config.model_copy(update={"notary": notary})
