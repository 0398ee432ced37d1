"""Proofs over a connection: what the other chain must hold (03-connection/keeper/verify.go)."""

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.types import Channel
from corda_sim.ibc.client import keeper
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.light_client import Proof
from corda_sim.ibc.connection.types import ConnectionEnd
from corda_sim.ibc.context import Context
from corda_sim.ibc.errors import (
    ErrConsensusStateNotFound,
    ErrFailedChannelStateVerification,
    ErrFailedClientConsensusStateVerification,
    ErrFailedClientStateVerification,
    ErrFailedConnectionStateVerification,
    ErrFailedPacketAckVerification,
    ErrFailedPacketCommitmentVerification,
    ErrFailedPacketReceiptVerification,
    ErrInvalidProof,
    IbcError,
)
from corda_sim.ibc.host import paths

_REFUSED = (ErrInvalidProof, ErrConsensusStateNotFound)


def _proof(end: ConnectionEnd, height: Height, data: bytes) -> Proof:
    return Proof(height, end.counterparty.prefix.key_prefix, data)


def _prove(
    ctx: Context,
    end: ConnectionEnd,
    proof: tuple[Height, bytes],
    path: str,
    value: bytes,
    failure: type[IbcError],
    delay: int = 0,
) -> None:
    try:
        keeper.verify_membership(ctx, end.client_id, _proof(end, *proof), path, value, delay)
    except _REFUSED as error:
        raise failure(f"client {end.client_id}, path {path}: {error}") from error


def verify_client_state(
    ctx: Context, end: ConnectionEnd, proof: tuple[Height, bytes], client_state: AnyMessage
) -> None:
    """The other chain's client of this one. Raises: ErrFailedClientStateVerification."""
    path = paths.client_state(end.counterparty.client_id)
    _prove(ctx, end, proof, path, client_state.encode(), ErrFailedClientStateVerification)


def verify_client_consensus_state(
    ctx: Context,
    end: ConnectionEnd,
    proof: tuple[Height, bytes],
    at: Height,
    consensus_state: AnyMessage,
) -> None:
    """What that client holds at a height. Raises: ErrFailedClientConsensusStateVerification."""
    path = paths.consensus_state(end.counterparty.client_id, at)
    failure = ErrFailedClientConsensusStateVerification
    _prove(ctx, end, proof, path, consensus_state.encode(), failure)


def verify_connection_state(
    ctx: Context,
    end: ConnectionEnd,
    proof: tuple[Height, bytes],
    connection_id: str,
    expected: ConnectionEnd,
) -> None:
    """The other end of a connection. Raises: ErrFailedConnectionStateVerification."""
    failure = ErrFailedConnectionStateVerification
    _prove(ctx, end, proof, paths.connection(connection_id), expected.encode(), failure)


def verify_channel_state(
    ctx: Context, end: ConnectionEnd, proof: tuple[Height, bytes], path: str, expected: Channel
) -> None:
    """The other end of a channel. Raises: ErrFailedChannelStateVerification."""
    _prove(ctx, end, proof, path, expected.encode(), ErrFailedChannelStateVerification)


def verify_packet_commitment(
    ctx: Context, end: ConnectionEnd, proof: tuple[Height, bytes], path: str, commitment: bytes
) -> None:
    """A packet sent there. Raises: ErrFailedPacketCommitmentVerification."""
    failure = ErrFailedPacketCommitmentVerification
    _prove(ctx, end, proof, path, commitment, failure, end.delay_period)


def verify_packet_acknowledgement(
    ctx: Context, end: ConnectionEnd, proof: tuple[Height, bytes], path: str, commitment: bytes
) -> None:
    """An acknowledgement written there. Raises: ErrFailedPacketAckVerification."""
    failure = ErrFailedPacketAckVerification
    _prove(ctx, end, proof, path, commitment, failure, end.delay_period)


def verify_packet_receipt_absence(
    ctx: Context, end: ConnectionEnd, proof: tuple[Height, bytes], path: str
) -> None:
    """A packet not received there. Raises: ErrFailedPacketReceiptVerification."""
    try:
        keeper.verify_non_membership(
            ctx, end.client_id, _proof(end, *proof), path, end.delay_period
        )
    except _REFUSED as error:
        raise ErrFailedPacketReceiptVerification(f"path {path}: {error}") from error


def require_proof(proof: bytes, what: str) -> None:
    """Raise ErrInvalidProof for an empty proof, as every message's ValidateBasic does."""
    if not proof:
        raise ErrInvalidProof(f"cannot submit an empty {what} proof")
