from uuid import UUID

import pytest
from pydantic import ValidationError

from corda_sim.core.contracts import MappedSchema, UniqueIdentifier
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalArgumentError, IllegalStateError
from corda_sim.core.serialization import deserialize, serialize
from states.accounts import ACCOUNT_SCHEMA, AccountInfo, AccountInfoContract, Create
from states.cash import CashState, Move
from tests.unit.states.ledger import ALICE, BOB, amount, transaction

A, B = ALICE.owning_key, BOB.owning_key


def account(name: str = "savings", number: int = 1) -> AccountInfo:
    return AccountInfo(linear_id=UniqueIdentifier(None, UUID(int=number)), name=name, host=ALICE)


def test_the_host_creates_an_account() -> None:
    AccountInfoContract().verify(transaction((), (account(),), (Create(), (A,))))


@pytest.mark.parametrize(
    ("inputs", "outputs", "signers", "message"),
    [
        ((account(),), (account(),), (A,), "no inputs"),
        ((), (account(), account("b", 2)), (A,), "exactly one output"),
        ((), (), (A,), "exactly one output"),
        ((), (CashState(amount=amount(5), owner=ALICE),), (A,), "the output is an account"),
        ((), (account(),), (B,), "the host alone signs"),
        ((), (account(),), (A, B), "the host alone signs"),
    ],
)
def test_refuses(
    inputs: tuple[AccountInfo, ...],
    outputs: tuple[AccountInfo, ...],
    signers: tuple[PublicKey, ...],
    message: str,
) -> None:
    with pytest.raises(IllegalArgumentError, match=message):
        AccountInfoContract().verify(transaction(inputs, outputs, (Create(), signers)))


def test_no_other_command_is_known() -> None:
    with pytest.raises(IllegalStateError, match="Create"):
        AccountInfoContract().verify(transaction((), (account(),), (Move(), (A,))))


def test_round_trip_and_row() -> None:
    state = account()
    assert deserialize(serialize(state), AccountInfo) == state
    assert state.generate_mapped_object(ACCOUNT_SCHEMA) == {
        "identifier": str(UUID(int=1)),
        "name": "savings",
        "host": str(ALICE.name),
    }
    with pytest.raises(IllegalArgumentError, match="schema"):
        state.generate_mapped_object(MappedSchema("other", 1, "other"))


@pytest.mark.parametrize("name", ["", "n" * 256])
def test_names_fit_their_column(name: str) -> None:
    with pytest.raises(ValidationError):
        account(name)
