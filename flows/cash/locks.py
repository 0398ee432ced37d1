"""What a transaction has beside the bridge's parts when cash is locked or released: pure."""

from dataclasses import dataclass
from uuid import UUID

from corda_sim.core.contracts import Command, CommandData, ContractState, StateAndRef, StateRef
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.identity import AnonymousParty, Party
from corda_sim.cross.contract.module import CallId
from flows.cash.spend import Spend
from flows.ibc.applications import ApplicationParts
from states.cash import CASH_CONTRACT, CashLock, Lock, Lockable, Release, lock_id
from states.cross.commands import AccountSigns, ContractAction, ContractCall


@dataclass(frozen=True, slots=True)
class LockPlace:
    """Where a lock is made: the bridge's host and validators, and the packet that is sent.

    ``signing`` are the keys of as many validators as must sign.
    """

    base: StateRef
    validators: tuple[Party, ...]
    signing: tuple[PublicKey, ...]
    channel: str
    sequence: int


@dataclass(frozen=True, slots=True)
class CashCall:
    """A call of Cross's to cash."""

    id: CallId
    call_info: bytes

    def answer(self, action: ContractAction, result: bytes = b"") -> ContractCall:
        """What cash says to it."""
        return ContractCall(
            CASH_CONTRACT, action, self.id.tx_id, self.id.tx_index, self.call_info, result
        )


def locking(call: CashCall, wanted: Lockable, spend: Spend, place: LockPlace) -> ApplicationParts:
    """Lock what is wanted out of the coins; change stays with their owner."""
    lock = CashLock(
        linear_id=lock_id(call.id.tx_id),
        amount=wanted.amount,
        validator_key=wanted.validator_key,
        buyer=AnonymousParty(wanted.buyer_key),
        seller=AnonymousParty(wanted.seller_key),
        holders=tuple(dict.fromkeys((*wanted.hosts, *place.validators))),
        tx_id=call.id.tx_id,
        base=place.base,
        channel=place.channel,
        sequence=place.sequence,
    )
    change = [kind.change for kind in spend.kinds if kind.change is not None]
    prepared = call.answer(ContractAction.PREPARE)
    commands = (
        Command[CommandData](Lock(), (*spend.owner_keys, *place.signing)),
        Command[CommandData](prepared, place.signing),
    )
    outputs: tuple[ContractState, ...] = (lock, *change)
    return ApplicationParts(spend.coins, outputs, commands, keys=spend.owner_keys)


def releasing(
    call: CashCall, lock: StateAndRef[CashLock], signing: tuple[PublicKey, ...], *, committed: bool
) -> ApplicationParts:
    """Release a lock as it was decided; validators alone sign."""
    held = lock.state.data
    coin = held.released_to(held.seller if committed else held.buyer)
    action = ContractAction.COMMIT if committed else ContractAction.ABORT
    commands = (
        Command[CommandData](Release(), signing),
        Command[CommandData](call.answer(action), signing),
    )
    return ApplicationParts((lock,), (coin,), commands)


def refusing(
    call: CashCall, host: Party, account: UUID, key: PublicKey, reason: str
) -> ApplicationParts:
    """Refuse to lock, as the account that was to."""
    signs = AccountSigns(host, account, key)
    refused = call.answer(ContractAction.REFUSE, reason.encode())
    commands = (
        Command[CommandData](refused, signs.signers),
        Command[CommandData](signs, signs.signers),
    )
    return ApplicationParts(commands=commands, keys=(key,))
