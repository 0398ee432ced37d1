import pytest
from pydantic import ValidationError

from corda_sim.core.contracts import Amount, CommandData, MappedSchema
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalArgumentError, IllegalStateError
from corda_sim.core.identity import Party
from corda_sim.core.serialization import deserialize, serialize
from states.cash import CASH_SCHEMA, Cash, CashState, Exit, Issue, Move
from tests.unit.states.ledger import (
    ALICE,
    BANK,
    BOB,
    GBP,
    JPY,
    OTHER_BANK,
    VALIDATOR,
    amount,
    token,
    transaction,
)

A, B, ISSUER, V = (p.owning_key for p in (ALICE, BOB, BANK, VALIDATOR))
Coins = tuple[CashState, ...]
Signed = tuple[CommandData, tuple[PublicKey, ...]]


def coin(quantity: int, owner: Party = ALICE, validator: PublicKey | None = None) -> CashState:
    return CashState(amount=amount(quantity), owner=owner, validator_key=validator)


def stable(quantity: int, owner: Party = ALICE) -> CashState:
    return coin(quantity, owner, V)


def gbp(quantity: int, owner: Party = ALICE) -> CashState:
    return CashState(amount=amount(quantity, token(currency=GBP)), owner=owner)


def leave(quantity: int, validator: PublicKey | None = None) -> Exit:
    return Exit(amount(quantity), validator)


OF_OTHER_BANK = CashState(amount=amount(5, token(OTHER_BANK)), owner=ALICE)
OTHER_REFERENCE = CashState(amount=amount(5, token(ref=b"\2")), owner=ALICE)

VALID: dict[str, tuple[Coins, Coins, tuple[Signed, ...]]] = {
    "issue": ((), (coin(5),), ((Issue(), (ISSUER,)),)),
    "issue of many coins": ((), (coin(5), coin(6, BOB)), ((Issue(), (ISSUER,)),)),
    "issue of stablecoin": ((), (stable(5),), ((Issue(), (ISSUER, V)),)),
    "issue beside a move": (
        (gbp(7),),
        (coin(5), gbp(7, BOB)),
        ((Issue(), (ISSUER,)), (Move(), (A,))),
    ),
    "move": ((coin(5),), (coin(5, BOB),), ((Move(), (A,)),)),
    "move of stablecoin without validator": (
        (stable(5),),
        (stable(5, BOB),),
        ((Move(), (A,)),),
    ),
    "split and merge": (
        (coin(5), coin(7, BOB)),
        (coin(2, BOB), coin(10)),
        ((Move(), (A, B)),),
    ),
    "two currencies": ((coin(5), gbp(6)), (gbp(6, BOB), coin(5, BOB)), ((Move(), (A,)),)),
    "exit of all": ((coin(5),), (), ((Move(), (A,)), (leave(5), (A, ISSUER)))),
    "exit of a part": ((coin(5),), (coin(2),), ((Move(), (A,)), (leave(3), (A, ISSUER)))),
    "exit of stablecoin": (
        (stable(5),),
        (stable(2),),
        ((Move(), (A,)), (leave(3, V), (A, ISSUER, V))),
    ),
}

INVALID: dict[str, tuple[Coins, Coins, tuple[Signed, ...], str]] = {
    "nothing": ((), (), ((Move(), (A,)),), "there is cash"),
    "zero output": ((), (coin(0),), ((Issue(), (ISSUER,)),), "no coin is worth zero"),
    "zero input": ((coin(5), coin(0)), (coin(5),), ((Move(), (A,)),), "no coin is worth zero"),
    "issue unsigned by issuer": ((), (coin(5),), ((Issue(), (A,)),), "the issuer signs the issue"),
    "issue of another's token": (
        (),
        (OF_OTHER_BANK,),
        ((Issue(), (ISSUER,)),),
        "the issuer signs the issue",
    ),
    "issue of stablecoin without validator": (
        (),
        (stable(5),),
        ((Issue(), (ISSUER,)),),
        "the validator signs the issue",
    ),
    "issue of stablecoin by validator alone": (
        (),
        (stable(5),),
        ((Issue(), (V,)),),
        "the issuer signs the issue",
    ),
    "issue with inputs of the kind": (
        (coin(1),),
        (coin(5),),
        ((Issue(), (ISSUER,)),),
        "puts cash of a new kind",
    ),
    "issue command that issues nothing": (
        (coin(5),),
        (coin(5, BOB),),
        ((Issue(), (ISSUER,)), (Move(), (A,))),
        "puts cash of a new kind",
    ),
    "two issue commands": (
        (),
        (coin(5),),
        ((Issue(), (ISSUER,)), (Issue(), (ISSUER,))),
        "more than one element",
    ),
    "outputs without any command": ((), (coin(5),), ((Move(), (A,)),), "Required Issue command"),
    "move command beside an issue": (
        (),
        (coin(5),),
        ((Issue(), (ISSUER,)), (Move(), (A,))),
        "a move has cash among the inputs",
    ),
    "move unsigned by owner": (
        (coin(5),),
        (coin(5, BOB),),
        ((Move(), (B,)),),
        "every owner of an input",
    ),
    "move signed by one of two owners": (
        (coin(5), coin(7, BOB)),
        (coin(12),),
        ((Move(), (A,)),),
        "every owner of an input",
    ),
    "move without command": (
        (coin(5),),
        (coin(5, BOB),),
        ((leave(5), (A, ISSUER)),),
        "Required Move command",
    ),
    "more out than in": ((coin(5),), (coin(6, BOB),), ((Move(), (A,)),), "5 - 0 = 6"),
    "less out than in": ((coin(5),), (coin(4, BOB),), ((Move(), (A,)),), "5 - 0 = 4"),
    "vanished": ((coin(5),), (), ((Move(), (A,)),), "5 - 0 = 0"),
    "currency changed": ((coin(5),), (gbp(5),), ((Move(), (A,)),), "Required Issue command"),
    "issuer changed": ((coin(5),), (OF_OTHER_BANK,), ((Move(), (A,)),), "Required Issue command"),
    "reference changed": (
        (coin(5),),
        (OTHER_REFERENCE,),
        ((Move(), (A,)),),
        "Required Issue command",
    ),
    "validator dropped": (
        (stable(5),),
        (coin(5, BOB),),
        ((Move(), (A,)),),
        "Required Issue command",
    ),
    "validator dropped with the issuer's help": (
        (stable(5),),
        (coin(5, BOB),),
        ((Move(), (A,)), (Issue(), (ISSUER,))),
        "5 - 0 = 0",
    ),
    "exit unsigned by issuer": (
        (coin(5),),
        (),
        ((Move(), (A,)), (leave(5), (A,))),
        "owners and issuer sign the exit",
    ),
    "exit unsigned by owner": (
        (coin(5),),
        (),
        ((Move(), (A,)), (leave(5), (ISSUER,))),
        "owners and issuer sign the exit",
    ),
    "exit of stablecoin without validator": (
        (stable(5),),
        (),
        ((Move(), (A,)), (leave(5, V), (A, ISSUER))),
        "the validator signs the exit",
    ),
    "exit that names no validator": (
        (stable(5),),
        (),
        ((Move(), (A,)), (leave(5), (A, ISSUER))),
        "an exit is of cash among the inputs",
    ),
    "exit of nothing": (
        (coin(5),),
        (coin(5),),
        ((Move(), (A,)), (leave(0), (A, ISSUER))),
        "worth more than zero",
    ),
    "exit of too little": (
        (coin(5),),
        (),
        ((Move(), (A,)), (leave(4), (A, ISSUER))),
        "5 - 4 = 0",
    ),
    "two exits of a kind": (
        (coin(5),),
        (),
        ((Move(), (A,)), (leave(2), (A, ISSUER)), (leave(3), (A, ISSUER))),
        "at most one exit",
    ),
    "exit of cash that isn't there": (
        (gbp(5),),
        (gbp(5),),
        ((Move(), (A,)), (leave(5), (A, ISSUER))),
        "an exit is of cash among the inputs",
    ),
}


@pytest.mark.parametrize("row", VALID.values(), ids=VALID.keys())
def test_accepts(row: tuple[Coins, Coins, tuple[Signed, ...]]) -> None:
    inputs, outputs, commands = row
    Cash().verify(transaction(inputs, outputs, *commands))


@pytest.mark.parametrize("row", INVALID.values(), ids=INVALID.keys())
def test_refuses(row: tuple[Coins, Coins, tuple[Signed, ...], str]) -> None:
    inputs, outputs, commands, message = row
    with pytest.raises((IllegalArgumentError, IllegalStateError), match=message):
        Cash().verify(transaction(inputs, outputs, *commands))


def test_a_sum_beyond_the_largest_amount_is_refused() -> None:
    huge = coin(2**63 - 1)
    with pytest.raises(OverflowError):
        Cash().verify(transaction((huge, huge), (huge, huge), (Move(), (A,))))


def test_a_state_holds_issued_currency_only() -> None:
    with pytest.raises(ValidationError, match="issued currency"):
        CashState(amount=Amount(5, JPY), owner=ALICE)


@pytest.mark.parametrize("state", [coin(5), stable(5), coin(5, BOB)])
def test_states_round_trip(state: CashState) -> None:
    assert deserialize(serialize(state), CashState) == state


@pytest.mark.parametrize("command", [Issue(), Move(), leave(5), leave(5, V)])
def test_commands_round_trip(command: CommandData) -> None:
    assert deserialize(serialize(command), type(command)) == command


def test_with_new_owner_keeps_amount_and_validator() -> None:
    command, moved = stable(5).with_new_owner(BOB)
    assert (command, moved) == (Move(), stable(5, BOB))


def test_row() -> None:
    assert stable(5).generate_mapped_object(CASH_SCHEMA) == {
        "owner_name": str(ALICE.name),
        "owner_key_hash": A.to_string_short(),
        "pennies": 5,
        "ccy_code": "JPY",
        "issuer_key_hash": ISSUER.to_string_short(),
        "issuer_ref": b"\1",
    }
    anonymous = CashState(amount=amount(5), owner=ALICE.anonymise())
    assert anonymous.generate_mapped_object(CASH_SCHEMA)["owner_name"] is None
    with pytest.raises(IllegalArgumentError, match="schema"):
        coin(5).generate_mapped_object(MappedSchema("other", 1, "other"))
