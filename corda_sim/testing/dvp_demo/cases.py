"""One success, and five ways for a delivery versus payment to go wrong with nothing lost."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from corda_sim.cross.ports import AUTH_PORT
from corda_sim.testing.dvp_demo.bridge import PORTS
from corda_sim.testing.dvp_demo.corda_side import BUYERS_BANK, CURRENCY, SELLER, SELLERS_BANK
from corda_sim.testing.dvp_demo.legs import Leg
from corda_sim.testing.dvp_demo.offer import Holdings, Offer
from corda_sim.testing.dvp_demo.rig import Rig

Tell = Callable[[str], None]
COMMITTED, ABORTED, EXPIRED = "committed", "aborted", "expired"


@dataclass(frozen=True, slots=True)
class Case:
    """What to do with an offer, how it has to end, and how many seconds it stands.

    `relays`: the ports that the buyer's bank's relayer serves from the beginning.
    """

    play: Callable[[Offer, Tell], None]
    outcome: str
    expires_in: int = 600
    relays: Sequence[str] = PORTS


@dataclass(frozen=True, slots=True)
class Run:
    """What became of a case."""

    case: str
    outcome: str
    legs: list[Leg]
    before: Holdings
    after: Holdings


def success(offer: Offer, tell: Tell) -> None:
    """All goes well."""
    offer.start()
    tell("the buyer has signed on Corda; nothing is locked yet")
    offer.sign()
    tell("the seller has signed on GoQuorum")
    _settle(offer, tell)


def refused(offer: Offer, tell: Tell) -> None:
    """The seller takes his approval back after he has signed: GoQuorum refuses the call."""
    offer.start()
    offer.rig.quorum.withdraw_approval(offer.token)
    tell("the buyer has signed on Corda; the bridge's approval for the token is withdrawn")
    offer.sign()
    tell("the seller has signed on GoQuorum")
    _settle(offer, tell)


def unsigned(offer: Offer, tell: Tell) -> None:
    """The seller never signs."""
    offer.start()
    tell("the buyer has signed on Corda; the seller never does")
    offer.await_expiry()
    tell("the offer has ended")


def absent_buyer(offer: Offer, tell: Tell) -> None:
    """The buyer's bank is gone with its relayer once the token has moved; the seller's goes on."""
    _lock_only(offer, tell)
    _relay(offer, SELLERS_BANK)
    offer.await_answer()
    offer.rig.corda.kill(BUYERS_BANK)
    tell("the token has moved, and the buyer's node is killed")
    offer.await_end()
    paid = offer.rig.corda.balance(SELLERS_BANK, SELLER)
    tell(f"the seller's node has settled without the buyer's: {SELLER} has {paid} {CURRENCY}")
    offer.rig.corda.start(BUYERS_BANK)
    tell("the buyer's node is back")


def killed(offer: Offer, tell: Tell) -> None:
    """The relayer and the buyer's node are killed once the coins are locked."""
    offer.start()
    offer.sign()
    tell("both have signed")
    offer.await_lock()
    offer.rig.relaying.kill()
    offer.rig.corda.kill(BUYERS_BANK)
    tell("the coins are locked; relayer and buyer's node are killed")
    offer.rig.corda.start(BUYERS_BANK)
    _relay(offer, BUYERS_BANK)
    tell("both run again")
    offer.await_answer()
    offer.await_end()
    tell("GoQuorum has executed the call, and Corda has learnt of it")


def timeout(offer: Offer, tell: Tell) -> None:
    """The call doesn't reach GoQuorum before the offer ends; its absence is proven to Corda."""
    _lock_only(offer, tell)
    offer.await_expiry()
    tell("the offer has ended; the coins are locked as before")
    _relay(offer, BUYERS_BANK)
    offer.await_end()
    tell("Corda has seen the proof that the call was never received")


def _lock_only(offer: Offer, tell: Tell) -> None:
    """Both sign, the coins are locked, and nobody brings the call to GoQuorum."""
    offer.start()
    offer.sign()
    tell("both have signed; no relayer serves the channel of calls")
    offer.await_lock()
    tell("the coins are locked")


def _relay(offer: Offer, node: str) -> None:
    """Another relayer takes over, by this node: it finds all that is left to do on the chains."""
    offer.rig.relaying.switch(node)
    offer.watch.follow(offer.rig.relaying.health)


def _settle(offer: Offer, tell: Tell) -> None:
    offer.await_lock()
    tell("the coins are locked on Corda")
    offer.await_answer()
    owner = offer.rig.quorum.owner(offer.token)
    tell(f"GoQuorum has answered the call; the token is the {owner}'s")
    offer.await_end()
    tell("Corda has released the coins")


CASES: Final[Mapping[str, Case]] = {
    "success": Case(success, COMMITTED),
    "refused": Case(refused, ABORTED),
    "unsigned": Case(unsigned, EXPIRED, 6),
    "killed": Case(killed, COMMITTED),
    "absent_buyer": Case(absent_buyer, COMMITTED, relays=(AUTH_PORT,)),
    "timeout": Case(timeout, ABORTED, 15, (AUTH_PORT,)),
}


def run_case(rig: Rig, name: str, token: int, tell: Tell) -> Run:
    """Play a case with a token of its own. Raises NothingHappened."""
    case = CASES[name]
    rig.relaying.switch(BUYERS_BANK, case.relays)
    offer = Offer.propose(rig, token, case.expires_in)
    before = offer.holdings()
    case.play(offer, tell)
    return Run(name, offer.stage(), offer.watch.legs, before, offer.holdings())
