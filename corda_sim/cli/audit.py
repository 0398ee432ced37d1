"""`notary audit` and `validator audit`: read from the database, whether or not the node runs.

As Corda's Spent State Audit Tool does.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from corda_sim.cli.connect import node_directory
from corda_sim.cli.options import Json
from corda_sim.cli.output import emit
from corda_sim.core.contracts import StateRef
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.instants import instant_of_micros
from corda_sim.node.config import load_config
from corda_sim.rpc.rendering import to_json

notary_app = typer.Typer(no_args_is_help=True)
validator_app = typer.Typer(no_args_is_help=True)
Ref = Annotated[str, typer.Argument(metavar="STATEREF", help="HASH(index)")]

_SIGNED = (
    "SELECT transaction_id, requester, signed_at, until_time FROM validator_log "
    "WHERE state_ref = :state_ref ORDER BY signed_at"
)


@notary_app.command("audit")
def notary_audit(context: typer.Context, state_ref: Ref, as_json: Json = False) -> None:
    """Who spent a state, when, and who tried to."""
    emit(notary_history(node_directory(context.obj), _parse(state_ref)), as_json=as_json)


def notary_history(node_dir: Path, ref: StateRef) -> Any:  # noqa: ANN401 - JSON
    """What the notary's tables say of a state. Raises: IllegalArgumentError for other nodes."""
    from notary.audit import audit_state
    from notary.database import open_engine

    settings = load_config(node_dir).notary
    if settings is None:
        raise IllegalArgumentError(f"{node_dir} is no notary: node.toml has no [notary]")
    engine = open_engine(settings.data_source_properties.resolve(node_dir))
    try:
        return to_json(audit_state(engine, ref))
    finally:
        engine.dispose()


@validator_app.command("audit")
def validator_audit(context: typer.Context, state_ref: Ref, as_json: Json = False) -> None:
    """Which transactions over a state this validator signed, for whom and until when."""
    emit(validator_history(node_directory(context.obj), _parse(state_ref)), as_json=as_json)


def validator_history(node_dir: Path, ref: StateRef) -> list[dict[str, Any]]:
    """The validator's log of a state. Raises: IllegalArgumentError for other nodes."""
    from flows.database import reader

    config = load_config(node_dir)
    if config.validator is None:
        raise IllegalArgumentError(f"{node_dir} is no validator: node.toml has no [validator]")
    rows = reader(config.database_url(node_dir))(_SIGNED, state_ref=str(ref))
    return [
        {
            "transaction_id": row.transaction_id,
            "requester": row.requester,
            "signed_at": instant_of_micros(row.signed_at).isoformat(),
            "until": instant_of_micros(row.until_time).isoformat(),
        }
        for row in rows
    ]


def _parse(text: str) -> StateRef:
    try:
        return StateRef.parse(text)
    except IllegalArgumentError as error:
        raise typer.BadParameter(str(error)) from error
