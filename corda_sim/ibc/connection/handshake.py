"""Opening a connection (ibc-go modules/core/03-connection/keeper/handshake.go).

There are no crossing hellos: as since ibc-go v4, OpenTry always makes a new connection.
"""

from dataclasses import replace

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client import keeper
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.commitment.prefix import IBC_PREFIX
from corda_sim.ibc.connection import verification
from corda_sim.ibc.connection.types import (
    ConnectionEnd,
    ConnectionState,
    Counterparty,
    MsgConnectionOpenAck,
    MsgConnectionOpenConfirm,
    MsgConnectionOpenInit,
    MsgConnectionOpenTry,
    Version,
)
from corda_sim.ibc.connection.versions import (
    COMPATIBLE_VERSIONS,
    is_supported,
    pick_version,
    validate_version,
    verify_proposed,
)
from corda_sim.ibc.context import Context
from corda_sim.ibc.errors import (
    ErrConnectionNotFound,
    ErrInvalidConnection,
    ErrInvalidConnectionState,
    ErrInvalidCounterparty,
    ErrInvalidHeight,
    ErrInvalidPrefix,
    ErrInvalidVersion,
)
from corda_sim.ibc.events import event
from corda_sim.ibc.host import identifiers, paths
from corda_sim.ibc.numbers import next_number


def get_connection(ctx: Context, connection_id: str) -> ConnectionEnd:
    """A connection's end. Raises: ErrConnectionNotFound."""
    found = ctx.store.get(paths.connection(connection_id))
    if found is None:
        raise ErrConnectionNotFound(f"no connection {connection_id}")
    return ConnectionEnd.decode_strict(found)


def open_init(ctx: Context, msg: MsgConnectionOpenInit) -> str:
    """ConnOpenInit; the new connection's identifier.

    Raises: ErrInvalidVersion, ErrInvalidCounterparty, ErrClientNotFound, ErrClientNotActive.
    """
    identifiers.validate_client_id(msg.client_id)
    _check_counterparty(msg.counterparty)
    if msg.counterparty.connection_id:
        raise ErrInvalidCounterparty("counterparty connection identifier must be empty")
    keeper.require_active(ctx, msg.client_id)
    end = ConnectionEnd(
        msg.client_id,
        _offered(msg.version),
        ConnectionState.INIT,
        msg.counterparty,
        msg.delay_period,
    )
    return _store_new(ctx, "connection_open_init", end)


def open_try(ctx: Context, msg: MsgConnectionOpenTry) -> str:
    """ConnOpenTry; the new connection's identifier.

    Raises: ErrInvalidHeight, ErrInvalidClient, ErrVersionNegotiationFailed, ErrFailed…Verification.
    """
    _check_try(msg)
    expected_consensus = _check_self(
        ctx, msg.client_state, msg.consensus_height, msg.host_consensus_state_proof
    )
    version = pick_version(msg.counterparty_versions)
    end = ConnectionEnd(
        msg.client_id, (version,), ConnectionState.TRYOPEN, msg.counterparty, msg.delay_period
    )
    expected = ConnectionEnd(
        msg.counterparty.client_id,
        msg.counterparty_versions,
        ConnectionState.INIT,
        Counterparty(msg.client_id, "", IBC_PREFIX),
        msg.delay_period,
    )
    init = (msg.proof_height, msg.proof_init)
    verification.verify_connection_state(ctx, end, init, msg.counterparty.connection_id, expected)
    _verify_self(ctx, end, msg, expected_consensus)
    return _store_new(ctx, "connection_open_try", end)


def open_ack(ctx: Context, msg: MsgConnectionOpenAck) -> None:
    """ConnOpenAck.

    Raises: ErrInvalidConnectionState, ErrInvalidHeight, ErrVersionNegotiationFailed,
    ErrInvalidClient, ErrFailed…Verification.
    """
    _check_ack(msg)
    end = get_connection(ctx, msg.connection_id)
    _require_state(end, ConnectionState.INIT)
    verify_proposed(msg.version, end.versions)
    expected_consensus = _check_self(
        ctx, msg.client_state, msg.consensus_height, msg.host_consensus_state_proof
    )
    expected = ConnectionEnd(
        end.counterparty.client_id,
        (msg.version,),
        ConnectionState.TRYOPEN,
        Counterparty(end.client_id, msg.connection_id, IBC_PREFIX),
        end.delay_period,
    )
    tried = (msg.proof_height, msg.proof_try)
    verification.verify_connection_state(ctx, end, tried, msg.counterparty_connection_id, expected)
    _verify_self(ctx, end, msg, expected_consensus)
    counterparty = replace(end.counterparty, connection_id=msg.counterparty_connection_id)
    opened = replace(
        end, state=ConnectionState.OPEN, versions=(msg.version,), counterparty=counterparty
    )
    _store(ctx, "connection_open_ack", msg.connection_id, opened)


def open_confirm(ctx: Context, msg: MsgConnectionOpenConfirm) -> None:
    """ConnOpenConfirm. Raises: ErrInvalidConnectionState, ErrFailedConnectionStateVerification."""
    identifiers.parse_sequence(msg.connection_id, "connection-")
    verification.require_proof(msg.proof_ack, "acknowledgement")
    end = get_connection(ctx, msg.connection_id)
    _require_state(end, ConnectionState.TRYOPEN)
    expected = ConnectionEnd(
        end.counterparty.client_id,
        end.versions,
        ConnectionState.OPEN,
        Counterparty(end.client_id, msg.connection_id, IBC_PREFIX),
        end.delay_period,
    )
    acked = (msg.proof_height, msg.proof_ack)
    verification.verify_connection_state(ctx, end, acked, end.counterparty.connection_id, expected)
    opened = replace(end, state=ConnectionState.OPEN)
    _store(ctx, "connection_open_confirm", msg.connection_id, opened)


def _offered(version: Version | None) -> tuple[Version, ...]:
    if version is None:
        return COMPATIBLE_VERSIONS
    validate_version(version)
    if not is_supported(version):
        raise ErrInvalidVersion(f"version {version} is not supported")
    return (version,)


def _check_counterparty(counterparty: Counterparty) -> None:
    identifiers.validate_client_id(counterparty.client_id)
    if counterparty.connection_id:
        identifiers.validate_connection_id(counterparty.connection_id)
    if not counterparty.prefix.key_prefix:
        raise ErrInvalidPrefix("counterparty prefix cannot be empty")


def _check_try(msg: MsgConnectionOpenTry) -> None:
    if msg.previous_connection_id:
        raise ErrInvalidConnection("previous connection identifier must be empty")
    identifiers.validate_client_id(msg.client_id)
    _check_counterparty(msg.counterparty)
    identifiers.validate_connection_id(msg.counterparty.connection_id)
    if not msg.counterparty_versions:
        raise ErrInvalidVersion("empty counterparty versions")
    for version in msg.counterparty_versions:
        validate_version(version)
    verification.require_proof(msg.proof_init, "init")
    _check_self_proofs(msg)


def _check_ack(msg: MsgConnectionOpenAck) -> None:
    identifiers.parse_sequence(msg.connection_id, "connection-")
    identifiers.validate_connection_id(msg.counterparty_connection_id)
    validate_version(msg.version)
    verification.require_proof(msg.proof_try, "try")
    _check_self_proofs(msg)


def _check_self_proofs(msg: MsgConnectionOpenTry | MsgConnectionOpenAck) -> None:
    verification.require_proof(msg.proof_client, "client")
    verification.require_proof(msg.proof_consensus, "consensus state")
    if msg.consensus_height.is_zero:
        raise ErrInvalidHeight("consensus height must be non-zero")


def _check_self(
    ctx: Context, client_state: AnyMessage, consensus_height: Height, host_proof: bytes
) -> AnyMessage:
    if consensus_height >= ctx.now.height:
        raise ErrInvalidHeight(
            f"consensus height {consensus_height} is not before the current height {ctx.now.height}"
        )
    ctx.self_client.validate(client_state)
    return ctx.self_client.consensus_state(consensus_height, host_proof)


def _verify_self(
    ctx: Context,
    end: ConnectionEnd,
    msg: MsgConnectionOpenTry | MsgConnectionOpenAck,
    expected_consensus: AnyMessage,
) -> None:
    client = (msg.proof_height, msg.proof_client)
    verification.verify_client_state(ctx, end, client, msg.client_state)
    consensus = (msg.proof_height, msg.proof_consensus)
    verification.verify_client_consensus_state(
        ctx, end, consensus, msg.consensus_height, expected_consensus
    )


def _require_state(end: ConnectionEnd, state: ConnectionState) -> None:
    if end.state is not state:
        raise ErrInvalidConnectionState(
            f"connection state is {end.state.name}, expected {state.name}"
        )


def _store_new(ctx: Context, type_: str, end: ConnectionEnd) -> str:
    number = next_number(ctx.store, paths.NEXT_CONNECTION_SEQUENCE)
    connection_id = identifiers.connection_id(number)
    _store(ctx, type_, connection_id, end)
    return connection_id


def _store(ctx: Context, type_: str, connection_id: str, end: ConnectionEnd) -> None:
    ctx.store.set(paths.connection(connection_id), end.encode())
    ctx.events.append(
        event(
            type_,
            connection_id=connection_id,
            client_id=end.client_id,
            counterparty_client_id=end.counterparty.client_id,
            counterparty_connection_id=end.counterparty.connection_id,
        )
    )
