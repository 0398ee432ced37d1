"""Making the terms of a DvP at the buyer's node."""

from typing import ClassVar

from corda_sim.accounts.account_service import Account
from corda_sim.core.contracts import Amount, Currency, StateRef
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import Party
from corda_sim.flow import FlowLogic, flow_name, startable_by_rpc
from corda_sim.flow.selection import CoinSelection
from flows.accounts.keys import RequestKeyForAccount
from flows.accounts.lookup import find_account, find_our_account
from flows.cash.spend import plan_spend
from flows.dvp.host import find_bridge
from flows.dvp.terms import Asset, Price, Side, Terms
from flows.dvp.terms_types import NamedParty
from states.cash import CashKey

KEYS = "Asking for the parties' keys"
COINS = "Finding the stablecoin"


@startable_by_rpc
@flow_name("corda_sim.dvp.DvpProposeFlow")
class DvpProposeFlow(FlowLogic[str]):
    """Write the terms by which `buyer`, an account of this node, buys a token on GoQuorum.

    `asset`, `buyer_address` and `seller_address` are addresses there (20 bytes), `seller` is an
    account of any node. The price is in the stablecoin that the buyer has; `issuer` chooses among
    several. The offer ends after `expires_in` seconds. `base_id`, `calls` and `auth` choose among
    several hosts and channels; only those over clients that this node admits are taken.

    Raises: InsufficientBalanceException, IllegalArgumentError, AccountNotFoundException,
    BridgeHostUnknown, ClientNotAdmitted.
    """

    steps: ClassVar[tuple[str, ...]] = (COINS, KEYS)

    def __init__(  # noqa: PLR0913 - each is one of the terms
        self,
        price: Amount[Currency],
        asset: bytes,
        token: int,
        buyer: str,
        buyer_address: bytes,
        seller: str,
        seller_address: bytes,
        *,
        expires_in: int = 600,
        issuer: Party | None = None,
        base_id: StateRef | None = None,
        calls: str = "",
        auth: str = "",
    ) -> None:
        self.price = price
        self.asset = Asset(contract=asset, token=token)
        self.buyer, self.buyer_address = buyer, buyer_address
        self.seller, self.seller_address = seller, seller_address
        self.expires_in = expires_in
        self.issuer = issuer
        self.base_id = base_id
        self.channels = (calls, auth)

    async def call(self) -> str:
        """The terms, as they stand in a file."""
        bridge = find_bridge(self, self.base_id, *self.channels)
        buyer = find_our_account(self, self.buyer)
        seller = find_account(self, self.seller)
        self.set_step(COINS)
        kind = await self._kind(buyer)
        self.set_step(KEYS)
        seller_key = await self.sub_flow(RequestKeyForAccount(str(seller.identifier)))
        buyer_key = self.service_hub.fresh_key(buyer.identifier)
        return Terms(
            nonce=int.from_bytes(self.service_hub.random_bytes(8), "big"),
            expires=self._expires(),
            bridge=bridge,
            price=_price(self.price, kind),
            buyer=_side(buyer, buyer_key, self.buyer_address),
            seller=_side(seller, seller_key.owning_key, self.seller_address),
            asset=self.asset,
        ).text

    def _expires(self) -> int:
        if self.expires_in <= 0:
            raise IllegalArgumentError(f"an offer that ends in {self.expires_in} s")
        return self.service_hub.now_ns() // 10**9 + self.expires_in

    async def _kind(self, buyer: Account) -> CashKey:
        """The one kind of the coins that would be taken now; they are free again afterwards."""
        vault = self.service_hub.vault
        selection = CoinSelection(self.price, buyer.identifier, self.issuer)
        spend = plan_spend(await vault.select_coins(selection), self.price)
        vault.soft_lock_release()
        if len(spend.kinds) != 1:
            raise IllegalArgumentError(f"{self.price} would be of several kinds: name the issuer")
        return spend.kinds[0].key


def _price(amount: Amount[Currency], kind: CashKey) -> Price:
    issuer = kind.token.issuer.party
    if not isinstance(issuer, Party):
        raise IllegalArgumentError(f"{issuer!r} has no name that the seller could know")
    return Price(
        quantity=amount.quantity,
        currency=amount.token.code,
        issuer=NamedParty.of(issuer),
        issuer_ref=kind.token.issuer.reference,
        validator_key=kind.validator_key,
    )


def _side(account: Account, key: PublicKey, address: bytes) -> Side:
    return Side(
        name=account.name,
        account=account.identifier,
        host=NamedParty.of(account.host),
        key=key,
        address=address,
    )
