"""Who has still to sign (x/core/auth/keeper)."""

from corda_sim.core.errors import DecodeError
from corda_sim.cross import paths
from corda_sim.cross.auth.types import Account, AuthMode, TxAuthState
from corda_sim.cross.errors import ErrAuthCompleted, ErrInvalidTransaction, ErrTxNotFound
from corda_sim.cross.xcc.types import ChannelInfo
from corda_sim.ibc.errors import FeatureLater
from corda_sim.ibc.store import Store


def auth_state(store: Store, tx_id: bytes) -> TxAuthState:
    """Who has still to sign. Raises: ErrTxNotFound."""
    found = store.get(paths.auth(tx_id))
    if found is None:
        raise ErrTxNotFound(f"transaction {tx_id.hex()} waits for no signature")
    return TxAuthState.decode_strict(found)


def require(store: Store, tx_id: bytes, accounts: tuple[Account, ...]) -> None:
    """Wait for these accounts, as often as each is named.

    Raises: ErrInvalidTransaction, FeatureLater, for none or for one that could never sign.
    """
    if not accounts:
        raise ErrInvalidTransaction("nobody has to sign")
    for account in accounts:
        _require_signable(account)
    store.set(paths.auth(tx_id), TxAuthState(accounts).encode())


def sign(store: Store, tx_id: bytes, accounts: tuple[Account, ...]) -> bool:
    """Take signatures; whether all are there now. One takes an account off wherever it is named.

    A signature that nobody waits for is no error.
    Raises: ErrTxNotFound, ErrAuthCompleted.
    """
    remaining = auth_state(store, tx_id).remaining_signers
    if not remaining:
        raise ErrAuthCompleted(f"transaction {tx_id.hex()} has all its signatures")
    signed = {account.encode() for account in accounts}
    left = tuple(account for account in remaining if account.encode() not in signed)
    store.set(paths.auth(tx_id), TxAuthState(left).encode())
    return not left


def _require_signable(account: Account) -> None:
    mode, option = account.auth_type.mode, account.auth_type.option
    if not account.id:
        raise ErrInvalidTransaction("a signer without an id")
    if mode is AuthMode.EXTENSION:
        raise FeatureLater("signatures by EXTENSION are not supported yet")
    if mode is AuthMode.LOCAL and option is None:
        return
    if mode is not AuthMode.CHANNEL or option is None:
        raise ErrInvalidTransaction(f"signer {account.id.hex()} could never sign: {mode.name}")
    try:
        option.unpack(ChannelInfo)
    except DecodeError as error:
        raise ErrInvalidTransaction(f"signer {account.id.hex()}: {error}") from error
