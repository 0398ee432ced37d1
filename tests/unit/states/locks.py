"""Transactions that lock and release, each part of which a test may change."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, cast

from corda_sim.core.contracts import (
    CommandData,
    CommandWithParties,
    ContractState,
    StateAndRef,
    StateRef,
    TransactionState,
)
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.identity import AbstractParty, AnonymousParty, Party
from corda_sim.core.transactions import LedgerTransaction
from corda_sim.cross import paths
from corda_sim.cross.atomic.types import (
    CoordinatorDecision,
    CoordinatorPhase,
    CoordinatorState,
)
from corda_sim.cross.ports import CROSS_PORT
from corda_sim.cross.tx.types import CommitProtocol
from corda_sim.cross.xcc.types import SELF, ChannelInfo
from corda_sim.ibc.host.paths import packet_commitment
from corda_sim.ibc.lightclients.corda.outputs import IBC_CONTRACT
from corda_sim.ibc.lightclients.corda.types import Entry
from states.cash import (
    CASH_CONTRACT,
    CASH_ID,
    CashLock,
    CashState,
    Lock,
    Lockable,
    Release,
    lock_id,
)
from states.cross.call_info import CallInfo
from states.cross.commands import ContractAction, ContractCall
from tests.unit.states.ledger import ALICE, BOB, NOTARY, VALIDATOR, amount, key, party

BUYER, SELLER = key(50), key(51)
A, V = ALICE.owning_key, VALIDATOR.owning_key
SECOND_VALIDATOR = party("Second Validator", 52)
TX_ID = bytes(SecureHash.sha256(b"cross"))
BASE = StateRef(SecureHash.sha256(b"genesis"), 0)
OTHER_BASE = StateRef(SecureHash.sha256(b"second host"), 0)
CHANNEL, SEQUENCE = "channel-0", 3
PACKET = packet_commitment(CROSS_PORT, CHANNEL, SEQUENCE)
UNDECIDED, COMMIT, ABORT = (
    CoordinatorDecision.UNKNOWN,
    CoordinatorDecision.COMMIT,
    CoordinatorDecision.ABORT,
)


class Bridge(ContractState):
    """A bridge state as contracts see it."""

    belongs_to_contract: ClassVar[str] = IBC_CONTRACT
    base_id: StateRef
    entries: tuple[Entry, ...]
    parties: tuple[Party, ...] = ()

    @property
    def participants(self) -> tuple[AbstractParty, ...]:
        return self.parties


@dataclass(frozen=True)
class Rules:
    threshold: int


class BridgeHost(Bridge):
    validators: tuple[Party, ...]
    config: Rules


class Impostor(Bridge):
    """The same entries under another contract."""

    belongs_to_contract: ClassVar[str] = "test.Impostor"


def host(*validators: Party, threshold: int = 1, base: StateRef = BASE) -> BridgeHost:
    return BridgeHost(
        base_id=base,
        entries=(),
        validators=validators or (VALIDATOR,),
        config=Rules(threshold),
    )


def coordinator(
    decision: CoordinatorDecision = UNDECIDED,
    channel: str = CHANNEL,
    phase: CoordinatorPhase | None = None,
) -> bytes:
    if phase is None:
        undecided = decision is UNDECIDED
        phase = CoordinatorPhase.PREPARE if undecided else CoordinatorPhase.COMMIT
    channels = (SELF, ChannelInfo(CROSS_PORT, channel))
    return CoordinatorState(CommitProtocol.SIMPLE, channels, phase, decision).encode()


def bridge(
    entries: Mapping[str, bytes], base: StateRef = BASE, kind: type[Bridge] = Bridge
) -> Bridge:
    return kind(base_id=base, entries=tuple(Entry(*entry) for entry in entries.items()))


def cross(
    decision: CoordinatorDecision = UNDECIDED,
    tx_id: bytes = TX_ID,
    channel: str = CHANNEL,
    phase: CoordinatorPhase | None = None,
) -> dict[str, bytes]:
    return {paths.coordinator(tx_id): coordinator(decision, channel, phase)}


SENT = {PACKET: b"\1" * 32}
TICKET = {PACKET: b""}


def lockable(quantity: int = 5) -> Lockable:
    return Lockable(amount(quantity), V, BUYER, SELLER, ALICE, BOB)


def call_info(wanted: Lockable | None = None) -> bytes:
    return CallInfo(CASH_ID, (wanted or lockable()).message().encode()).encode()


def call(action: ContractAction, **changes: object) -> ContractCall:
    made = ContractCall(CASH_CONTRACT, action, TX_ID, 0, call_info())
    return replace(made, **cast("Any", changes))


def lock(quantity: int = 5, **changes: object) -> CashLock:
    wanted = lockable(quantity)
    fields: dict[str, Any] = {
        "linear_id": lock_id(cast("bytes", changes.get("tx_id", TX_ID))),
        "amount": wanted.amount,
        "validator_key": V,
        "buyer": coin(1, BUYER).owner,
        "seller": coin(1, SELLER).owner,
        "holders": (ALICE, BOB, VALIDATOR),
        "tx_id": TX_ID,
        "base": BASE,
        "channel": CHANNEL,
        "sequence": SEQUENCE,
    }
    return CashLock(**{**fields, **changes})


def coin(
    quantity: int, owner: PublicKey | Party = BUYER, validator: PublicKey | None = V
) -> CashState:
    held = owner if isinstance(owner, Party) else AnonymousParty(owner)
    return CashState(amount=amount(quantity), owner=held, validator_key=validator)


Signed = tuple[CommandData, tuple[PublicKey, ...]]


@dataclass(frozen=True)
class Parts:
    """What a transaction is made of."""

    inputs: tuple[ContractState, ...]
    outputs: tuple[ContractState, ...]
    before: tuple[Bridge, ...]
    after: tuple[Bridge, ...]
    commands: tuple[Signed, ...]
    references: tuple[ContractState, ...] = field(default_factory=lambda: (host(),))

    @property
    def transaction(self) -> LedgerTransaction:
        origin = SecureHash.sha256(b"origin")

        def refs(states: tuple[ContractState, ...], at: int) -> tuple[StateAndRef[Any], ...]:
            return tuple(
                StateAndRef(_held(state), StateRef(origin, at + i))
                for i, state in enumerate(states)
            )

        return LedgerTransaction(
            id=SecureHash.sha256(b"transaction"),
            inputs=refs((*self.inputs, *self.before), 0),
            references=refs(self.references, 100),
            outputs=tuple(map(_held, (*self.outputs, *self.after))),
            commands=tuple(CommandWithParties(keys, value) for value, keys in self.commands),
            notary=NOTARY,
        )


def _held(state: ContractState) -> TransactionState[Any]:
    return TransactionState(state, cast("str", state.belongs_to_contract), NOTARY)


def locking() -> Parts:
    """Alice's account locks 5 of its 7."""
    return Parts(
        inputs=(coin(7),),
        outputs=(lock(), coin(2)),
        before=(bridge(TICKET),),
        after=(bridge(SENT), bridge(cross())),
        commands=((Lock(), (BUYER, V)), (call(ContractAction.PREPARE), (A,))),
    )


def releasing(decision: CoordinatorDecision = COMMIT) -> Parts:
    """The answer is there; the validator alone signs."""
    owner = SELLER if decision is COMMIT else BUYER
    action = ContractAction.COMMIT if decision is COMMIT else ContractAction.ABORT
    return Parts(
        inputs=(lock(),),
        outputs=(coin(5, owner),),
        before=(bridge(SENT), bridge(cross())),
        after=(bridge(cross(decision)),),
        commands=((Release(), (V,)), (call(action), (V,))),
    )
