"""Creating, updating and asking clients (ibc-go modules/core/02-client/keeper)."""

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.light_client import LightClient, Proof, Status
from corda_sim.ibc.client.types import MsgCreateClient, MsgUpdateClient
from corda_sim.ibc.context import Context
from corda_sim.ibc.errors import (
    ErrClientFrozen,
    ErrClientNotActive,
    ErrClientTypeNotFound,
    ErrDelayPeriodNotPassed,
    ErrInvalidClientType,
    ErrInvalidConsensus,
)
from corda_sim.ibc.events import event
from corda_sim.ibc.host import paths
from corda_sim.ibc.host.identifiers import client_id as make_client_id
from corda_sim.ibc.host.identifiers import client_type_of, validate_client_id, validate_client_type
from corda_sim.ibc.numbers import next_number, u64


def create_client(ctx: Context, msg: MsgCreateClient) -> str:
    """Make a client; its identifier.

    Raises: ErrClientTypeNotFound, ErrInvalidClientType, and what the light client raises.
    """
    light = _light_client_for(ctx, msg.client_state)
    validate_client_type(light.client_type)
    client_id = make_client_id(
        light.client_type, next_number(ctx.store, paths.NEXT_CLIENT_SEQUENCE)
    )
    store = ClientStore(ctx.store, client_id)
    height = light.initialise(store, msg.client_state, msg.consensus_state, ctx.now)
    _note_time(ctx, client_id, height)
    _emit(ctx, "create_client", client_id, light, consensus_height=height)
    return client_id


def update_client(ctx: Context, msg: MsgUpdateClient) -> tuple[Height, ...]:
    """Feed a client message to its client; the heights that are new.

    Raises: ErrClientNotFound, ErrClientFrozen, and what the light client raises.
    """
    validate_client_id(msg.client_id)
    light, store = client_of(ctx, msg.client_id)
    if light.status(store, ctx.now) is Status.FROZEN:
        raise ErrClientFrozen(f"cannot update client {msg.client_id}: it is frozen")
    heights = light.update(store, msg.client_message, ctx.now)
    for height in heights:
        _note_time(ctx, msg.client_id, height)
    if light.status(store, ctx.now) is Status.FROZEN:
        _emit(ctx, "client_misbehaviour", msg.client_id, light)
    else:
        told = ",".join(map(str, heights))
        _emit(ctx, "update_client", msg.client_id, light, consensus_heights=told)
    return heights


def client_of(ctx: Context, client_id: str) -> tuple[LightClient, ClientStore]:
    """The light client and the store of a client.

    Raises: ErrClientNotFound, ErrClientTypeNotFound.
    """
    store = ClientStore(ctx.store, client_id)
    light = _light_client_for(ctx, store.client_state)
    if client_type_of(client_id) != light.client_type:
        raise ErrInvalidClientType(f"client {client_id} holds the state of a {light.client_type}")
    return light, store


def require_active(ctx: Context, client_id: str) -> None:
    """Raises: ErrClientNotFound, ErrClientFrozen, ErrClientNotActive."""
    light, store = client_of(ctx, client_id)
    status = light.status(store, ctx.now)
    if status is Status.FROZEN:
        raise ErrClientFrozen(f"client {client_id} is frozen")
    if status is not Status.ACTIVE:
        raise ErrClientNotActive(f"client {client_id} status is {status.value}")


def verify_membership(
    ctx: Context, client_id: str, proof: Proof, path: str, value: bytes, delay: int = 0
) -> None:
    """Prove ``value`` at ``path`` on the other chain; ``delay`` is the connection's, in ns.

    Raises: ErrClientNotActive, ErrDelayPeriodNotPassed, ErrInvalidProof.
    """
    require_active(ctx, client_id)
    _require_delay(ctx, client_id, proof.height, delay)
    light, store = client_of(ctx, client_id)
    light.verify_membership(store, proof, path, value, ctx.now)


def verify_non_membership(
    ctx: Context, client_id: str, proof: Proof, path: str, delay: int = 0
) -> None:
    """Prove that nothing is at ``path`` on the other chain; ``delay`` as for membership.

    Raises: ErrClientNotActive, ErrDelayPeriodNotPassed, ErrInvalidProof.
    """
    require_active(ctx, client_id)
    _require_delay(ctx, client_id, proof.height, delay)
    light, store = client_of(ctx, client_id)
    light.verify_non_membership(store, proof, path, ctx.now)


def timestamp_at(ctx: Context, client_id: str, height: Height) -> int:
    """The other chain's time at a height, in ns. Raises: ErrConsensusStateNotFound."""
    light, store = client_of(ctx, client_id)
    return light.timestamp_at(store, height)


def set_consensus_state(store: ClientStore, height: Height, state: AnyMessage) -> bool:
    """Store a consensus state unless it is there; whether it is new.

    Raises: ErrInvalidConsensus for another one at the same height, which is misbehaviour for the
    light client to judge first.
    """
    known = store.find_consensus_state(height)
    if known is None:
        store.set_consensus_state(height, state)
    elif known != state:
        raise ErrInvalidConsensus(f"client {store.client_id}: another state at {height} is stored")
    return known is None


def _light_client_for(ctx: Context, client_state: AnyMessage) -> LightClient:
    for light in ctx.clients:
        if light.client_state_url == client_state.type_url:
            return light
    raise ErrClientTypeNotFound(f"no light client for {client_state.type_url!r}")


def _note_time(ctx: Context, client_id: str, height: Height) -> None:
    ctx.store.set(paths.processed_time(client_id, height), u64(ctx.now.latest))


def _require_delay(ctx: Context, client_id: str, height: Height, delay: int) -> None:
    if not delay:
        return
    stored = ctx.store.get(paths.processed_time(client_id, height))
    if stored is None or ctx.now.earliest < int.from_bytes(stored, "big") + delay:
        raise ErrDelayPeriodNotPassed(f"client {client_id}: {delay} ns since {height} not passed")


def _emit(ctx: Context, type_: str, client_id: str, light: LightClient, **more: object) -> None:
    made = event(type_, client_id=client_id, client_type=light.client_type, **more)
    ctx.events.append(made)
