"""Cash as an application of Cross: locking coins for a call, releasing them as it was decided."""

from collections.abc import Iterator
from uuid import UUID

from corda_sim.accounts.account_service import AccountService
from corda_sim.core.contracts import StateAndRef, StateRef
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import DecodeError, IllegalArgumentError
from corda_sim.core.identity import Party
from corda_sim.core.serialization import deserialize
from corda_sim.cross.auth.types import AuthMode
from corda_sim.cross.contract.module import CallId
from corda_sim.cross.contract.module import ContractCall as Call
from corda_sim.cross.initiator.running import initiate_state
from corda_sim.cross.initiator.types import MsgInitiateTx
from corda_sim.cross.ports import CROSS_PORT
from corda_sim.cross.xcc.resolver import read_xcc
from corda_sim.cross.xcc.types import SELF, ChannelInfo
from corda_sim.flow.selection import (
    CoinSelection,
    InsufficientBalanceException,
    StatesNotAvailableException,
)
from corda_sim.ibc.host.paths import next_sequence_send, packet_commitment
from corda_sim.ibc.numbers import read_number
from flows.cash.locks import CashCall, LockPlace, locking, refusing, releasing
from flows.cash.restored import locks_of, restored_locks
from flows.cash.spend import Spend, plan_spend
from flows.ibc.applications import Action, Asked, Fragment
from flows.ibc.service import BridgeService
from states.cash import CASH_CONTRACT, CashLock, Lockable, LockCall
from states.cross.accounts import CrossAccount
from states.cross.call_info import CallInfo
from states.cross.environment import contract_of, prepared_call

_CANNOT = (DecodeError, IllegalArgumentError, InsufficientBalanceException)


class CashApplication:
    """Answers Cross for cash; calls of other contracts, and of other nodes' accounts, it leaves."""

    def fragment(self, asked: Asked) -> Fragment | None:
        """The parts for a call to cash.

        Raises: CallRefused for a call to no contract, StatesNotAvailableException while other
        flows hold the coins, ClientNotAdmitted for coins to be locked over a stranger's channel.
        """
        match asked.action:
            case Action.PREPARE if asked.call is not None:
                return _prepare(asked, asked.call)
            case Action.COMMIT | Action.ABORT:
                return _release(asked)
            case _:
                return None


def _prepare(asked: Asked, call: Call) -> Fragment | None:
    account = _signing_account(asked, call)
    if account is None or contract_of(call.call_info, asked.contracts) != CASH_CONTRACT:
        return None
    _require_admitted(asked)
    mine = CashCall(call.id, call.call_info)
    try:
        wanted = LockCall.read(CallInfo.decode_strict(call.call_info).arguments)
        spend = _spend(asked, account, wanted)
    except _CANNOT as error:
        return _refuse(asked, mine, account, str(error))
    return Fragment(locking(mine, wanted, spend, _place(asked)))


def _signing_account(asked: Asked, call: Call) -> UUID | None:
    """The account whose coins are to be locked, where it alone signs the call and is ours."""
    if len(call.signers) != 1 or call.signers[0].auth_type.mode is not AuthMode.LOCAL:
        return None
    try:
        found = CrossAccount.parse(call.signers[0].id)
    except IllegalArgumentError:
        return None
    return found.account if found.host == asked.services.our_identity.name else None


def _spend(asked: Asked, account: UUID, wanted: Lockable) -> Spend:
    token = wanted.amount.token
    amount = wanted.amount.with_token(token.product)
    issuer = token.issuer.party
    selection = CoinSelection(
        amount,
        account,
        issuer if isinstance(issuer, Party) else None,
        token.issuer.reference,
        asked.host.state.notary,
    )
    chosen = asked.services.vault.try_select(asked.staged, selection)
    if chosen is None:
        raise StatesNotAvailableException(asked.services.vault.describe_blockers(selection))
    refs = deserialize(chosen, tuple[StateRef, ...])
    spend = plan_spend(map(asked.services.state_and_ref, refs), amount)
    if any(kind.key != wanted.kind for kind in spend.kinds):
        raise IllegalArgumentError("the account's coins have another validator")
    return spend


def _place(asked: Asked) -> LockPlace:
    """The channel that the transaction names, and the number that its packet will get."""
    other = _initiated(asked).contract_transactions[1]
    channel = read_xcc(other.cross_chain_channel).channel
    sequence = read_number(asked.ctx.store, next_sequence_send(CROSS_PORT, channel))
    host = asked.host.state.data
    return LockPlace(host.base_id, host.validators, asked.signing, channel, sequence or 0)


def _initiated(asked: Asked) -> MsgInitiateTx:
    found = initiate_state(asked.ctx.store, asked.call_id.tx_id)
    if found is None:
        raise AssertionError("Cross prepares what was initiated")
    return found.msg


def _require_admitted(asked: Asked) -> None:
    """The operator chooses the chains that may move coins or bring signatures."""
    service = asked.services.cordapp_service(BridgeService)
    service.require_admitted(asked.host.state.data.base_id, _channels(_initiated(asked)))


def _channels(message: MsgInitiateTx) -> Iterator[ChannelInfo]:
    """Those by which others are called, and by which others have signed."""
    for one in message.contract_transactions:
        called = read_xcc(one.cross_chain_channel)
        signers = (signer.auth_type for signer in one.signers)
        signing = (read_xcc(how.option) for how in signers if how.mode is AuthMode.CHANNEL)
        yield from (found for found in (called, *signing) if found != SELF)


def _refuse(asked: Asked, call: CashCall, account: UUID, reason: str) -> Fragment | None:
    key = _account_key(asked, account)
    if key is None:
        return None
    parts = refusing(call, asked.services.our_identity, account, key, reason)
    return Fragment(parts, refused=reason)


def _account_key(asked: Asked, account: UUID) -> PublicKey | None:
    accounts: AccountService = asked.services.cordapp_service(
        AccountService  # type: ignore[type-abstract] # the node's own is found by it
    )
    keys = accounts.account_keys(account)
    return next(filter(asked.services.is_our_key, keys), None)


def _release(asked: Asked) -> Fragment | None:
    call_info = prepared_call(asked.ctx.store, asked.call_id)
    if contract_of(call_info, asked.contracts) != CASH_CONTRACT:
        return None
    lock = _lock_of(asked, asked.call_id)
    if lock is None:
        return None
    call = CashCall(asked.call_id, call_info)
    committed = asked.action is Action.COMMIT
    return Fragment(releasing(call, lock, asked.signing, committed=committed))


def _lock_of(asked: Asked, call_id: CallId) -> StateAndRef[CashLock] | None:
    services, base = asked.services, asked.host.state.data.base_id
    ours = [lock for lock in locks_of(services, call_id.tx_id) if lock.state.data.base == base]
    gone = restored_locks(services, call_id.tx_id) if len(ours) > 1 else frozenset()
    left = (lock for lock in ours if lock.ref not in gone)
    return next((lock for lock in left if _is_answered(asked, lock.state.data)), None)


def _is_answered(asked: Asked, lock: CashLock) -> bool:
    """Whether the packet that the lock names is the one that this transaction completes."""
    packet = packet_commitment(CROSS_PORT, lock.channel, lock.sequence)
    return asked.ctx.store.get(packet) is None
