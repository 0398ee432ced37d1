"""A burnt lock comes back as it was: what the contract sees to, whoever has signed."""

from dataclasses import replace
from typing import Any

import pytest

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import DecodeError, IllegalArgumentError, IllegalStateError
from corda_sim.cross import paths
from corda_sim.cross.initiator.types import (
    ContractTransaction,
    InitiateTxState,
    InitiateTxStatus,
    MsgInitiateTx,
)
from corda_sim.cross.tx.types import CommitProtocol
from states.cash import Cash, Issue, Lock, Move, Release, Restore
from states.cross.commands import ContractAction
from tests.unit.states.ledger import ALICE, BANK, BOB, VALIDATOR
from tests.unit.states.locks import (
    ABORT,
    BUYER,
    OTHER_BASE,
    SECOND_VALIDATOR,
    SELLER,
    SENT,
    TICKET,
    TX_ID,
    Impostor,
    Parts,
    V,
    bridge,
    call,
    call_info,
    coin,
    cross,
    host,
    lock,
    lockable,
)

BURNT, ISSUER = StateRef(SecureHash.sha256(b"locking"), 2), BANK.owning_key
BOTH = (VALIDATOR, SECOND_VALIDATOR)
Changes = dict[str, Any]


def waiting(info: bytes = b"") -> dict[str, bytes]:
    """A transaction that waits for the other chain's answer."""
    calls = tuple(ContractTransaction(None, (), one) for one in (info or call_info(), b""))
    message = MsgInitiateTx("corda", 1, CommitProtocol.SIMPLE, calls, ())
    state = InitiateTxState(InitiateTxStatus.VERIFIED, message)
    return {paths.initiated(TX_ID): state.encode(), **cross()}


def restoring() -> Parts:
    return Parts(
        inputs=(),
        outputs=(lock(),),
        before=(),
        after=(),
        commands=((Restore(BURNT), (ISSUER, V)),),
        references=(host(), bridge(waiting()), bridge(SENT)),
    )


def signed(*signers: PublicKey) -> Changes:
    return {"commands": ((Restore(BURNT), signers),)}


def beside(*commands: Any) -> Changes:  # noqa: ANN401 - commands with their signers
    return {"commands": (*restoring().commands, *commands)}


def referring(*states: Any) -> Changes:  # noqa: ANN401 - bridge states
    return {"references": states}


REFUSED: dict[str, tuple[Changes, str]] = {
    "without its command": ({"commands": ()}, "Required Lock command"),
    "unsigned by the issuer": (signed(V, BUYER), "the issuer signs"),
    "unsigned by the validator": (signed(ISSUER, BUYER, SELLER), "the coins' validator signs"),
    "signed by one validator of two needed": (
        {
            **referring(host(*BOTH, threshold=2), bridge(waiting()), bridge(SENT)),
            "outputs": (lock(holders=(ALICE, BOB, *BOTH)),),
        },
        "the bridge's validators sign",
    ),
    "without the Host": (referring(bridge(waiting()), bridge(SENT)), "validators sign it"),
    "of another amount": ({"outputs": (lock(6),)}, "as the call asks for"),
    "for another seller": (
        {"outputs": (lock(seller=coin(1, BUYER).owner),)},
        "as the call asks for",
    ),
    "back to another buyer": (
        {"outputs": (lock(buyer=coin(1, SELLER).owner),)},
        "as the call asks for",
    ),
    "hidden from the seller's node": (
        {"outputs": (lock(holders=(ALICE, VALIDATOR)),)},
        "both nodes and the validators hold",
    ),
    "of a transaction that isn't known": (referring(host(), bridge(SENT)), "was started here"),
    "of a transaction that asks for another lock": (
        referring(host(), bridge(waiting(call_info(lockable(4)))), bridge(SENT)),
        "as the call asks for",
    ),
    "of a transaction that is decided": (
        referring(host(), bridge({**waiting(), **cross(ABORT)}), bridge(SENT)),
        "is undecided",
    ),
    "of a transaction that another contract made up": (
        referring(host(), bridge(waiting(), kind=Impostor), bridge(SENT)),
        "was started here",
    ),
    "of another base's transaction": (
        referring(host(), host(base=OTHER_BASE), bridge(waiting(), OTHER_BASE), bridge(SENT)),
        "was started here",
    ),
    "by the answer of another channel": (
        {"outputs": (lock(channel="channel-1"),)},
        "is undecided",
    ),
    "without its packet": (referring(host(), bridge(waiting())), "waits for its answer"),
    "for a packet that isn't sent": (
        referring(host(), bridge(waiting()), bridge(TICKET)),
        "waits for its answer",
    ),
    "twice at once": ({"outputs": (lock(), lock())}, "one lock is restored"),
    "with a coin beside it": ({"outputs": (lock(), coin(1))}, "no coin is spent or made"),
    "for a coin": ({"inputs": (coin(1),)}, "no coin is spent or made"),
    "out of another lock": ({"inputs": (lock(),)}, "not both"),
    "answering a call": (beside((call(ContractAction.PREPARE), (V,))), "answers no call"),
    "beside an issue": (beside((Issue(), (ISSUER, V))), "by itself"),
    "beside a lock": (beside((Lock(), (BUYER, V))), "by itself"),
    "beside a move": (beside((Move(), (BUYER,))), "by itself"),
    "beside a release": (beside((Release(), (V,))), "by itself"),
    "under two commands": (beside(*restoring().commands), "more than one"),
    "of nothing": ({"outputs": ()}, "has a lock"),
}


def test_issuer_and_validator_put_a_lock_back() -> None:
    Cash().verify(restoring().transaction)


def test_coins_without_a_validator_need_the_bridges_own() -> None:
    info = call_info(replace(lockable(), validator_key=None))
    changes = {
        "outputs": (lock(validator_key=None),),
        **referring(host(), bridge(waiting(info)), bridge(SENT)),
    }
    parts = replace(restoring(), **changes)
    Cash().verify(parts.transaction)
    with pytest.raises(IllegalArgumentError, match="the bridge's validators sign"):
        Cash().verify(replace(parts, **signed(ISSUER)).transaction)


@pytest.mark.parametrize("name", REFUSED)
def test_no_restoration(name: str) -> None:
    changes, reason = REFUSED[name]
    with pytest.raises((IllegalArgumentError, IllegalStateError, DecodeError), match=reason):
        Cash().verify(replace(restoring(), **changes).transaction)
