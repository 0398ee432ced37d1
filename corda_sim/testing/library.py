"""Every flow of the library that runs by itself, with arguments for one small network.

The crash matrices run them: in the simulator, and on processes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

from corda_sim.core.contracts import Amount, Currency, StateRef
from corda_sim.core.identity import Party
from corda_sim.flow.logic import FlowLogic
from corda_sim.testing.sim.plan import PARTY_A, PARTY_B
from corda_sim.testing.site import NOTARY
from flows.accounts.create import CreateAccount
from flows.accounts.keys import RequestKeyForAccount
from flows.accounts.queries import (
    AccountInfoByKey,
    AccountInfoByName,
    AccountInfoByUUID,
    AccountsForHost,
    AllAccounts,
    OurAccounts,
)
from flows.accounts.share import RequestAccountInfo, ShareAccountInfo
from flows.accounts.states import ShareStateAndSyncAccounts, ShareStateWithAccount
from flows.cash.exit import CashExitFlow
from flows.cash.issue import CashIssueFlow
from flows.cash.issue_and_payment import CashIssueAndPaymentFlow
from flows.cash.payment import CashPaymentFlow
from flows.identity_swap import SwapIdentitiesInitiator
from flows.recovery import RecoverTransactionsFlow
from notary.witness import AskWitnessFlow

_SAFE, _TILL = "safe", "till"
_TILL_ID: Final = UUID(int=1)
_YEN: Final[Amount[Currency]] = Amount.parse("150 JPY")

Make = Callable[[str], FlowLogic[Any]]


@dataclass(frozen=True, slots=True)
class Scene:
    """PartyA has cash of its own issue, `coin` among it; `prepare` has made the accounts."""

    party_a: Party
    party_b: Party
    validator: Party
    coin: StateRef


@dataclass(frozen=True, slots=True)
class LibraryFlow:
    """A flow that `node` starts; `make` takes a word that no former run was given."""

    make: Make
    node: str = PARTY_A


def prepare(party_a: Party) -> Iterator[tuple[str, Callable[[], FlowLogic[Any]]]]:
    """What each node has to run first: accounts, PartyB's known to PartyA."""
    yield PARTY_A, partial(CreateAccount, _SAFE)
    yield PARTY_B, partial(CreateAccount, _TILL, _TILL_ID)
    yield PARTY_B, partial(ShareAccountInfo, _TILL, party_a)


def library(scene: Scene) -> dict[str, LibraryFlow]:
    """All flows by name."""
    makes = {**_cash(scene), **_accounts(scene), **_queries(scene)}
    found = {name: LibraryFlow(make) for name, make in makes.items()}
    ask = LibraryFlow(lambda _: AskWitnessFlow(scene.party_a, "sim"), NOTARY)
    return {**found, "ask witness": ask}


def _cash(scene: Scene) -> dict[str, Make]:
    payee, till = scene.party_b, f"{_TILL}@{scene.party_b.name}"
    return {
        "issue": lambda _: CashIssueFlow(_YEN),
        "issue under a validator": lambda _: CashIssueFlow(_YEN, validator=scene.validator),
        "issue and pay": lambda _: CashIssueAndPaymentFlow(_YEN, payee),
        "pay": lambda _: CashPaymentFlow(_YEN, payee),
        "pay anonymously": lambda _: CashPaymentFlow(_YEN, payee, anonymous=True),
        "pay to account": lambda _: CashPaymentFlow(_YEN, to_account=till),
        "exit": lambda _: CashExitFlow(_YEN),
    }


def _accounts(scene: Scene) -> dict[str, Make]:
    peer, coin = scene.party_b, str(scene.coin)
    till = f"{_TILL}@{peer.name}"
    return {
        "create account": CreateAccount,
        "share account": lambda _: ShareAccountInfo(_SAFE, peer),
        "request account": lambda _: RequestAccountInfo(_TILL, peer),
        "request key": lambda _: RequestKeyForAccount(till),
        "share state": lambda _: ShareStateAndSyncAccounts(coin, peer),
        "share state with account": lambda _: ShareStateWithAccount(coin, till),
        "swap identities": lambda _: SwapIdentitiesInitiator(peer),
        "recover transactions": lambda _: RecoverTransactionsFlow(peer),
    }


def _queries(scene: Scene) -> dict[str, Make]:
    return {
        "all accounts": lambda _: AllAccounts(),
        "our accounts": lambda _: OurAccounts(),
        "accounts of a host": lambda _: AccountsForHost(scene.party_b),
        "account by name": lambda _: AccountInfoByName(_TILL),
        "account by identifier": lambda _: AccountInfoByUUID(_TILL_ID),
        "account by key": lambda _: AccountInfoByKey(scene.party_b.owning_key),
    }
