from uuid import UUID

import pytest

from corda_sim.accounts.account_service import Account, AccountService
from corda_sim.accounts.address import (
    AccountAddress,
    AccountNotFoundException,
    AmbiguousAccountException,
)
from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import Party
from tests.unit.states.ledger import ALICE, BANK, BOB

REF = StateRef(SecureHash.sha256(b"account"), 0)
OURS = Account(UUID(int=1), "savings", ALICE, REF)
THEIRS = Account(UUID(int=2), "savings", BOB, REF)
BANKS = Account(UUID(int=3), "rent", BOB, REF)
ALSO = Account(UUID(int=4), "rent", BANK, REF)


class Known(AccountService):
    def all_accounts(self) -> tuple[Account, ...]:
        return (OURS, THEIRS, BANKS, ALSO)

    def accounts_for_host(self, host: Party) -> tuple[Account, ...]:
        return tuple(one for one in self.all_accounts() if one.host == host)

    def account(self, identifier: UUID) -> Account | None:
        return next((one for one in self.all_accounts() if one.identifier == identifier), None)

    def accounts_by_name(self, name: str) -> tuple[Account, ...]:
        return tuple(one for one in self.all_accounts() if one.name == name)

    def account_id_for_key(self, key: PublicKey) -> UUID | None:
        raise NotImplementedError

    def account_keys(self, identifier: UUID) -> tuple[PublicKey, ...]:
        raise NotImplementedError

    def observed_states(self, identifier: UUID) -> tuple[StateRef, ...]:
        raise NotImplementedError


def find(text: str) -> Account:
    parties = {"Bob": BOB, "Bank": BANK}
    return AccountAddress.parse(text).find(Known(), ALICE, parties.__getitem__)


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("savings", OURS),
        ("savings@Bob", THEIRS),
        (" rent@Bank ", ALSO),
        (str(UUID(int=2)), THEIRS),
    ],
)
def test_finds(text: str, account: Account) -> None:
    assert find(text) == account


def test_a_name_that_several_other_hosts_use_is_ambiguous() -> None:
    with pytest.raises(AmbiguousAccountException, match="rent@Bob Plc, rent@Big Bank"):
        find("rent")


@pytest.mark.parametrize("text", ["nobody", "savings@Bank", str(UUID(int=9))])
def test_unknown(text: str) -> None:
    with pytest.raises(AccountNotFoundException):
        find(text)


@pytest.mark.parametrize("text", ["", "  ", "@Bob", "savings@"])
def test_malformed(text: str) -> None:
    with pytest.raises(IllegalArgumentError):
        AccountAddress.parse(text)


@pytest.mark.parametrize("text", ["savings", "savings@Bob", str(UUID(int=9))])
def test_text_round_trips(text: str) -> None:
    assert str(AccountAddress.parse(text)) == text
