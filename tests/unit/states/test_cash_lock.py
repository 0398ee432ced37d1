"""The lock: what makes it, what opens it, and every attempt at it that is refused."""

from dataclasses import replace
from typing import Any

import pytest

from corda_sim.core.contracts import Amount, UniqueIdentifier
from corda_sim.core.contracts.archive import contract_names, read_archive
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import DecodeError, IllegalArgumentError, IllegalStateError
from corda_sim.core.identity import AnonymousParty
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.cross.atomic.types import CoordinatorDecision, CoordinatorPhase
from corda_sim.node.packaging import build_cordapp_archive
from states.cash import (
    CASH_ID,
    Cash,
    CashLock,
    CashState,
    Exit,
    Issue,
    Lock,
    Lockable,
    LockCall,
    Move,
    Release,
    lock_id,
)
from states.cross.call_info import CallInfo
from states.cross.commands import ContractAction
from tests.unit.states.ledger import ALICE, BANK, BOB, OTHER_BANK, VALIDATOR, amount, token
from tests.unit.states.locks import (
    ABORT,
    BUYER,
    COMMIT,
    OTHER_BASE,
    SECOND_VALIDATOR,
    SELLER,
    SENT,
    TICKET,
    UNDECIDED,
    A,
    Impostor,
    Parts,
    Signed,
    V,
    bridge,
    call,
    call_info,
    coin,
    cross,
    host,
    lock,
    lockable,
    locking,
    releasing,
)

PREPARE, REFUSE = ContractAction.PREPARE, ContractAction.REFUSE
B, ISSUER, V2 = BOB.owning_key, BANK.owning_key, SECOND_VALIDATOR.owning_key
OTHER_TX = b"\7" * 32
BOTH = (VALIDATOR, SECOND_VALIDATOR)
ISSUED = (Issue(), (ISSUER, V))
Changes = dict[str, Any]


def verify(parts: Parts) -> None:
    Cash().verify(parts.transaction)


def check_refused(parts: Parts, changes: Changes, reason: str) -> None:
    verify(parts)
    with pytest.raises((IllegalArgumentError, IllegalStateError, DecodeError), match=reason):
        verify(replace(parts, **changes))


# --- into the lock -------------------------------------------------------------------------------


def locked(*signers: PublicKey, **changes: object) -> Changes:
    """The commands of a lock with other signers, or of another call."""
    return {"commands": ((Lock(), signers or (BUYER, V)), (call(PREPARE, **changes), (A,)))}


LOCKS: dict[str, Changes] = {
    "as it is": {},
    "all that was spent": {"inputs": (coin(5),), "outputs": (lock(),)},
    "coins of several owners": {
        "inputs": (coin(4), coin(3, ALICE)),
        **locked(BUYER, A, V),
    },
    "one of two validators is enough": {
        "references": (host(*BOTH),),
        "outputs": (lock(holders=(ALICE, BOB, *BOTH)), coin(2)),
        **locked(BUYER, V2),
    },
    "beside another base's states": {
        "before": (bridge(TICKET), bridge(cross(COMMIT), OTHER_BASE)),
    },
    "change for somebody else": {"outputs": (lock(), coin(2, BOB))},
}

REFUSED_LOCKS: dict[str, tuple[Changes, str]] = {
    "unsigned by the owner": (locked(V), "every owner of an input signs"),
    "unsigned by one of the owners": (
        {"inputs": (coin(4), coin(3, ALICE))},
        "every owner of an input signs",
    ),
    "without its command": (
        {"commands": ((call(PREPARE), (A,)),)},
        "Required Lock command",
    ),
    "unsigned by the validator": (locked(BUYER), "validators sign the lock"),
    "signed by one validator of two needed": (
        {
            "references": (host(*BOTH, threshold=2),),
            "outputs": (lock(holders=(ALICE, BOB, *BOTH)), coin(2)),
        },
        "validators sign the lock",
    ),
    "a Host that asks for no validator": (
        {"references": (host(threshold=0),), **locked(BUYER)},
        "validators sign the lock",
    ),
    "without the Host": ({"references": ()}, "validators sign the lock"),
    "with the Host of another base": (
        {"references": (host(base=OTHER_BASE),)},
        "validators sign the lock",
    ),
    "of more than was spent": ({"outputs": (lock(), coin(3))}, "are what was spent"),
    "of less than was spent": ({"outputs": (lock(),)}, "are what was spent"),
    "of another kind than was spent": (
        {"inputs": (coin(7, validator=None),)},
        "are what was spent",
    ),
    "worth nothing": (
        {
            "inputs": (coin(2),),
            "outputs": (lock(0), coin(2)),
            **locked(call_info=call_info(lockable(0))),
        },
        "no lock is worth zero",
    ),
    "with change worth nothing": (
        {"outputs": (lock(), coin(2), coin(0))},
        "no coin is worth zero",
    ),
    "without a call": ({"commands": ((Lock(), (BUYER, V)),)}, "prepares a call for each"),
    "beside a refusal": (
        {"commands": ((Lock(), (BUYER, V)), (call(REFUSE), (A,)))},
        "prepares a call for each",
    ),
    "called for by another contract": (locked(contract="test.Other"), "prepares a call for each"),
    "called for twice": (
        {
            "commands": (
                (Lock(), (BUYER, V)),
                (call(PREPARE), (A,)),
                (call(PREPARE, tx_id=OTHER_TX), (A,)),
            )
        },
        "prepares a call for each",
    ),
    "twice for one call": (
        {
            "inputs": (coin(12),),
            "outputs": (lock(), lock(), coin(2)),
            "commands": (
                (Lock(), (BUYER, V)),
                (call(PREPARE), (A,)),
                (call(PREPARE), (A,)),
            ),
        },
        "transaction prepares a call",
    ),
    "for another transaction": (locked(tx_id=OTHER_TX), "transaction prepares a call"),
    "for a call that is no coordinator's": (locked(tx_index=1), "transaction prepares a call"),
    "for a call that returns something": (locked(result=b"x"), "transaction prepares a call"),
    "for a call at once": (
        {"commands": ((Lock(), (BUYER, V)), (call(ContractAction.CALL), (A,)))},
        "transaction prepares a call",
    ),
    "of another amount": (
        {"inputs": (coin(6),), "outputs": (lock(4), coin(2))},
        "as the call asks for",
    ),
    "for another seller": (
        {"outputs": (lock(seller=coin(1, BUYER).owner), coin(2))},
        "as the call asks for",
    ),
    "back to another buyer": (
        {"outputs": (lock(buyer=coin(1, SELLER).owner), coin(2))},
        "as the call asks for",
    ),
    "of another issuer's coins": (
        {
            "inputs": (
                CashState(amount=amount(5, token(OTHER_BANK)), owner=ALICE, validator_key=V),
            ),
            "outputs": (lock(amount=amount(5, token(OTHER_BANK))),),
            **locked(A, V),
        },
        "as the call asks for",
    ),
    "of coins without their validator": (
        {
            "inputs": (coin(5, validator=None),),
            "outputs": (lock(validator_key=None),),
        },
        "as the call asks for",
    ),
    "hidden from the seller's node": (
        {"outputs": (lock(holders=(ALICE, VALIDATOR)), coin(2))},
        "both nodes and the validators hold",
    ),
    "hidden from the validator": (
        {"outputs": (lock(holders=(ALICE, BOB)), coin(2))},
        "both nodes and the validators hold",
    ),
    "shown to another": (
        {"outputs": (lock(holders=(ALICE, BOB, VALIDATOR, BANK)), coin(2))},
        "both nodes and the validators hold",
    ),
    "under another name": (
        {"outputs": (lock(linear_id=lock_id(OTHER_TX)), coin(2))},
        "named after its transaction",
    ),
    "under half its name": (
        {"outputs": (lock(linear_id=UniqueIdentifier(None, lock().linear_id.id)), coin(2))},
        "named after its transaction",
    ),
    "for a call that can't be read": (
        locked(call_info=CallInfo(CASH_ID, b"\xff").encode()),
        "a varint without end",
    ),
    "without a matching prepare": (
        {"after": (bridge(SENT),)},
        "transaction prepares here",
    ),
    "of a transaction that is decided": (
        {"after": (bridge(SENT), bridge(cross(ABORT)))},
        "transaction prepares here",
    ),
    "of a transaction that waits for another channel": (
        {"after": (bridge(SENT), bridge(cross(channel="channel-1")))},
        "transaction prepares here",
    ),
    "of a transaction that was prepared before": (
        {"before": (bridge(TICKET), bridge(cross()))},
        "transaction prepares here",
    ),
    "of another base's transaction": (
        {"after": (bridge(SENT), bridge(cross(), OTHER_BASE))},
        "transaction prepares here",
    ),
    "of a transaction that another contract made up": (
        {"after": (bridge(SENT), bridge(cross(), kind=Impostor))},
        "transaction prepares here",
    ),
    "for a packet that isn't sent": (
        {"after": (bridge(TICKET), bridge(cross()))},
        "the lock names is sent here",
    ),
    "for a packet that was sent before": (
        {"before": (bridge(SENT),)},
        "the lock names is sent here",
    ),
    "for another packet": (
        {"outputs": (lock(sequence=4), coin(2))},
        "the lock names is sent here",
    ),
    "beside an issue": (
        {
            "outputs": (lock(), coin(2), coin(1, validator=None)),
            "commands": (*locking().commands, ISSUED),
        },
        "by itself",
    ),
    "beside a move": (
        {"commands": (*locking().commands, (Move(), (BUYER,)))},
        "by itself",
    ),
    "beside an exit": (
        {"commands": (*locking().commands, (Exit(amount(1), V), (BUYER, ISSUER, V)))},
        "by itself",
    ),
    "under a release": (
        {"commands": ((Release(), (BUYER, V)), (call(PREPARE), (A,)))},
        "by itself",
    ),
}


@pytest.mark.parametrize("name", LOCKS)
def test_coins_are_locked(name: str) -> None:
    verify(replace(locking(), **LOCKS[name]))


@pytest.mark.parametrize("name", REFUSED_LOCKS)
def test_no_lock(name: str) -> None:
    check_refused(locking(), *REFUSED_LOCKS[name])


# --- out of the lock -----------------------------------------------------------------------------


def released(*signers: PublicKey, action: ContractAction = ContractAction.COMMIT) -> Changes:
    return {"commands": ((Release(), signers or (V,)), (call(action), (V,)))}


REFUSED_RELEASES: dict[str, tuple[Changes, str]] = {
    "spent by the buyer": (
        {"before": (), "after": (), "commands": ((Move(), (BUYER,)),), "references": ()},
        "by itself",
    ),
    "spent by the seller": (
        {"before": (), "after": (), "commands": ((Move(), (SELLER,)),), "references": ()},
        "by itself",
    ),
    "without a command": ({"commands": ()}, "Required Release command"),
    "by buyer and seller together": (
        {"before": (), "after": (), **released(BUYER, SELLER, A, B)},
        "validators sign the release",
    ),
    "unsigned by the validator": (released(BUYER, SELLER), "validators sign the release"),
    "without the Host": ({"references": ()}, "validators sign the release"),
    "with a Host of another base": (
        {"references": (host(base=OTHER_BASE),)},
        "validators sign the release",
    ),
    "without a decision": (
        {"after": (bridge(cross(UNDECIDED)),)},
        "is decided here",
    ),
    "without the transaction's state": ({"after": ()}, "is decided here"),
    "with a decision that isn't final": (
        {"after": (bridge(cross(COMMIT, phase=CoordinatorPhase.PREPARE)),)},
        "is decided here",
    ),
    "that was decided before": (
        {"before": (bridge(SENT), bridge(cross(COMMIT)))},
        "was undecided",
    ),
    "without the state before": ({"before": (bridge(SENT),)}, "was undecided"),
    "by another transaction's decision": (
        {
            "before": (bridge(SENT), bridge(cross(tx_id=OTHER_TX))),
            "after": (bridge(cross(COMMIT, tx_id=OTHER_TX)),),
        },
        "was undecided",
    ),
    "by a decision under another base id": (
        {
            "before": (bridge(SENT, OTHER_BASE), bridge(cross(), OTHER_BASE)),
            "after": (bridge(cross(COMMIT), OTHER_BASE),),
            "references": (host(), host(base=OTHER_BASE)),
        },
        "was undecided",
    ),
    "by a decision that another contract made up": (
        {"after": (bridge(cross(COMMIT), kind=Impostor),)},
        "is decided here",
    ),
    "by the answer of another channel": (
        {
            "before": (bridge(SENT), bridge(cross(channel="channel-1"))),
            "after": (bridge(cross(COMMIT, channel="channel-1")),),
        },
        "was undecided",
    ),
    "while its packet is unanswered": (
        {"after": (bridge(cross(COMMIT)), bridge(SENT))},
        "is answered here",
    ),
    "by the answer to another packet": (
        {"inputs": (lock(sequence=4),)},
        "is answered here",
    ),
    "unanswered by cash": ({"commands": ((Release(), (V,)),)}, "a decision for each"),
    "answered for another transaction": (
        {"commands": ((Release(), (V,)), (call(ContractAction.COMMIT, tx_id=OTHER_TX), (V,)))},
        "answers the decision",
    ),
    "answered with the other decision": (released(action=ContractAction.ABORT), "the decision"),
    "answered as if to prepare": (released(action=PREPARE), "the decision"),
    "of less": ({"outputs": (coin(4, SELLER),)}, "goes to the seller on commit"),
    "of more": ({"outputs": (coin(6, SELLER),)}, "goes to the seller on commit"),
    "of nothing": ({"outputs": ()}, "goes to the seller on commit"),
    "in parts": ({"outputs": (coin(2, SELLER), coin(3, SELLER))}, "goes to the seller on commit"),
    "with more beside it": (
        {"outputs": (coin(5, SELLER), coin(1, ALICE))},
        "goes to the seller on commit",
    ),
    "to the buyer": ({"outputs": (coin(5, BUYER),)}, "goes to the seller on commit"),
    "as another kind": (
        {"outputs": (coin(5, SELLER, validator=None),)},
        "goes to the seller on commit",
    ),
    "with a coin": ({"inputs": (lock(), coin(1))}, "no coin is spent"),
    "into another lock": ({"outputs": (lock(tx_id=OTHER_TX),)}, "not both"),
    "under a lock's command": (
        {"commands": ((Lock(), (V,)), (call(ContractAction.COMMIT), (V,)))},
        "by itself",
    ),
    "beside an exit": (
        {"commands": (*releasing().commands, (Exit(amount(5), V), (ISSUER, V)))},
        "by itself",
    ),
    "beside an issue": (
        {"outputs": (coin(5, SELLER), coin(1)), "commands": (*releasing().commands, ISSUED)},
        "by itself",
    ),
}


@pytest.mark.parametrize("decision", [COMMIT, ABORT])
def test_a_decision_releases_with_the_validators_signature_alone(
    decision: CoordinatorDecision,
) -> None:
    verify(releasing(decision))


@pytest.mark.parametrize("name", REFUSED_RELEASES)
def test_no_release(name: str) -> None:
    check_refused(releasing(), *REFUSED_RELEASES[name])


def test_an_abort_pays_nobody_but_the_buyer() -> None:
    for owner in (SELLER, V):
        changes = {"outputs": (coin(5, owner),)}
        check_refused(releasing(ABORT), changes, "back to the buyer on abort")


def test_two_locks_are_released_together_each_to_its_own() -> None:
    one = releasing()
    answer = call(ContractAction.ABORT, tx_id=OTHER_TX)
    theirs = lock(3, tx_id=OTHER_TX)
    parts = replace(
        one,
        inputs=(lock(), theirs),
        outputs=(coin(5, SELLER), coin(3, BUYER)),
        before=(*one.before, bridge(cross(tx_id=OTHER_TX))),
        after=(*one.after, bridge(cross(ABORT, tx_id=OTHER_TX))),
        commands=(*one.commands, (answer, (V,))),
    )
    verify(parts)
    swapped = {"outputs": (coin(5, BUYER), coin(3, SELLER))}
    check_refused(parts, swapped, "goes to the seller")


# --- without a lock ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ((Lock(), (BUYER, V)), "has a lock"),
        ((Release(), (BUYER, V)), "has a lock"),
        ((call(ContractAction.COMMIT), (BUYER,)), "answers calls by locks alone"),
        ((call(PREPARE), (BUYER,)), "answers calls by locks alone"),
        ((call(ContractAction.CALL), (BUYER,)), "answers calls by locks alone"),
    ],
)
def test_a_payment_is_no_answer_to_cross(command: Signed, reason: str) -> None:
    paid = Parts((coin(5),), (coin(5, BOB),), (), (), ((Move(), (BUYER,)),))
    check_refused(paid, {"commands": (*paid.commands, command)}, reason)


def test_a_payment_may_stand_beside_a_refusal() -> None:
    verify(
        Parts((coin(5),), (coin(5, BOB),), (), (), ((Move(), (BUYER,)), (call(REFUSE), (BUYER,))))
    )


# --- the state and the call ----------------------------------------------------------------------


def test_the_lock_has_no_owner_and_its_holders_keep_it() -> None:
    made = lock()
    assert made.participants == (ALICE, BOB, VALIDATOR)
    assert not hasattr(made, "owner")
    assert deserialize(serialize(made), CashLock) == made
    assert made.released_to(AnonymousParty(SELLER)) == coin(5, SELLER)


def test_a_call_reads_back_as_it_was_written() -> None:
    wanted = lockable()
    assert LockCall.read(wanted.message().encode()) == wanted
    plain = replace(wanted, validator_key=None)
    assert LockCall.read(plain.message().encode()) == plain
    assert wanted.hosts == (ALICE, BOB)
    assert replace(wanted, seller_host=ALICE).hosts == (ALICE,)


@pytest.mark.parametrize(
    "changes",
    [
        {"currency": "XXY"},
        {"issuer_ref": b""},
        {"buyer_key": b"key"},
        {"seller_key": b""},
        {"quantity": 2**63},
        {"buyer_host": replace(lockable().message().buyer_host, name="O=Nobody")},
    ],
)
def test_a_call_that_names_nothing_real_is_refused(changes: Changes) -> None:
    with pytest.raises(DecodeError):
        LockCall.read(replace(lockable().message(), **changes).encode())


def test_only_a_named_issuer_can_be_asked_for() -> None:
    anonymous = token(ALICE.anonymise())  # type: ignore[arg-type] # what is to be refused
    wanted = Lockable(Amount(5, anonymous), V, BUYER, SELLER, ALICE, BOB)
    with pytest.raises(IllegalArgumentError, match="no name"):
        wanted.message()


def test_the_archive_carries_what_it_reads_and_no_other_contract() -> None:
    files = read_archive(build_cordapp_archive("states.cash"))
    assert contract_names(files) == ("corda_sim.cash.Cash",)
    assert "states/cross/bridge.py" in files
    assert not [path for path in files if path.startswith(("states/ibc", "flows"))]
