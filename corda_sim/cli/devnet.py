"""`devnet up | status | down`: a GoQuorum network on loopback, simulated or real."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from corda_sim.cli.options import Json
from corda_sim.cli.output import emit, errors

if TYPE_CHECKING:
    from goquorum.devnet.lifecycle import DevnetStatus

app = typer.Typer(no_args_is_help=True)
Directory = Annotated[Path, typer.Argument(metavar="DIR")]


@app.command()
def up(
    directory: Directory,
    tier: Annotated[
        Literal["quick", "goquorum"] | None,
        typer.Option(help="quick: a real EVM, simulated consensus (default); or real GoQuorum."),
    ] = None,
    validators: Annotated[int | None, typer.Option(min=1, max=32, help="4 by default.")] = None,
    block_period: Annotated[
        Literal["1s", "instant"] | None, typer.Option(help="1s by default.")
    ] = None,
    geth: Annotated[
        Path | None, typer.Option(help="Real GoQuorum's program (with --tier, $GOQUORUM_GETH).")
    ] = None,
    controls: Annotated[
        bool | None, typer.Option("--controls", help="Answer the quick tier's test methods, too.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Start the devnet in DIR, and wait until it answers. A quick chain begins anew each time."""
    from goquorum.devnet import lifecycle

    asked = tier or ("goquorum" if geth else None)
    request = lifecycle.DevnetRequest(asked, validators, block_period, controls)
    _show(lifecycle.up(directory, request, geth), as_json=as_json)


@app.command()
def status(directory: Directory, as_json: Json = False) -> None:
    """The devnet's processes, its newest block, and how many validators sealed it."""
    from goquorum.devnet import lifecycle

    _show(lifecycle.status(directory), as_json=as_json)


@app.command()
def down(directory: Directory, as_json: Json = False) -> None:
    """Stop the devnet. What a quick chain held is gone; GoQuorum's chain stays in DIR."""
    from goquorum.devnet import lifecycle

    killed = lifecycle.down(directory)
    emit({"killed": killed}, as_json=as_json, text="The devnet is down")


def _show(found: "DevnetStatus", *, as_json: bool) -> None:
    for warning in found.warnings:
        errors.print(warning)
    document = asdict(found)
    emit(
        document if as_json else [_row(found, node) for node in document["nodes"]], as_json=as_json
    )


def _row(found: "DevnetStatus", node: dict[str, object]) -> dict[str, object]:
    return {"tier": found.tier, "consensus": found.consensus, **node}
