"""The ids of transactions."""

from corda_sim.cross.errors import ErrInvalidTransaction

_SIZE = 32


def require_tx_id(tx_id: bytes) -> None:
    """Raises: ErrInvalidTransaction unless this is 32 bytes."""
    if len(tx_id) != _SIZE:
        raise ErrInvalidTransaction(f"a transaction id of {len(tx_id)} bytes, not {_SIZE}")
