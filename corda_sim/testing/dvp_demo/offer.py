"""One delivery versus payment, from its terms to its end."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Self

from corda_sim.cross.ports import CROSS_PORT
from corda_sim.relayer.work import Kind
from corda_sim.rpc.errors import NodeUnreachableException
from corda_sim.testing.dvp_demo import corda_side
from corda_sim.testing.dvp_demo.corda_side import BUYERS_BANK, CURRENCY, SELLERS_BANK
from corda_sim.testing.dvp_demo.errors import NothingHappened
from corda_sim.testing.dvp_demo.legs import Part, Stopwatch
from corda_sim.testing.dvp_demo.rig import Rig
from flows.dvp.terms import Terms

PRICE: Final = 100
PATIENCE_SECONDS: Final = 120.0
CORDA, GOQUORUM = "corda", "goquorum"
_POLL_SECONDS: Final = 0.02
_LONG_POLL_SECONDS: Final = 2.0
_SENT, _ENDED = ("send_packet",), ("acknowledge_packet", "timeout_packet")


@dataclass(frozen=True, slots=True)
class Holdings:
    """Who owned what at one moment: coins by account on Corda, the token on GoQuorum."""

    corda: dict[str, int]
    goquorum: dict[str, str]


@dataclass
class Offer:
    """A token for coins. Everything that waits raises NothingHappened when it waits in vain."""

    rig: Rig
    token: int
    terms: Terms
    watch: Stopwatch
    _since: str = field(default="", init=False)
    _sequence: int = field(default=0, init=False)
    _block: int = field(default=0, init=False)

    @classmethod
    def propose(cls, rig: Rig, token: int, expires_in: int) -> Self:
        """Write the terms at the buyer's node; the offer ends after `expires_in` seconds."""
        terms = propose(rig, token, expires_in)
        return cls(rig, token, terms, Stopwatch(rig.relaying.health))

    def holdings(self) -> Holdings:
        """Who owns what now."""
        owner = self.rig.quorum.owner(self.token)
        return Holdings(self.rig.corda.balances(), {f"token {self.token}": owner})

    def start(self) -> None:
        """The buyer signs on Corda."""
        self.watch.begin()
        started = self.rig.corda.flow(
            BUYERS_BANK, "DvpStartFlow", f"start {self.token}", terms=self.terms.text
        )
        self._since = f"@{started['height']}"
        self.watch.lap("buyer signs", Part.CORDA)

    def sign(self) -> None:
        """The seller signs on GoQuorum."""
        self.watch.begin()
        self._block = self.rig.quorum.sign(self.terms)
        self.watch.lap("seller signs", Part.GOQUORUM)

    def await_lock(self) -> None:
        """Wait until the coins are locked, and the call is on its way."""
        packet = self._await_event(_SENT)
        self._sequence = int(packet["packet_sequence"])
        self.watch.relayed_lap("coins are locked", Part.CORDA, (GOQUORUM, Kind.RECEIVE.value))

    def await_answer(self) -> None:
        """Wait until GoQuorum has executed the call, or refused it."""
        self._await(self._is_answered, "no answer")
        self.watch.relayed_lap("the call is answered", Part.GOQUORUM, (CORDA, Kind.RECEIVE.value))

    def await_end(self) -> None:
        """Wait until Corda has learnt of it."""
        self._await_event(_ENDED)
        self.watch.relayed_lap("coins are released", Part.CORDA, (GOQUORUM, Kind.ACKNOWLEDGE.value))

    def await_expiry(self) -> None:
        """Wait until the offer is over by this machine's clock."""
        time.sleep(max(0.0, self.terms.expires - time.time() + 1))

    def stage(self) -> str:
        """Where the transaction is, as the seller's node knows it."""
        return self.rig.corda.stage(SELLERS_BANK, self.terms.tx_id.hex())

    def _await_event(self, kinds: tuple[str, ...]) -> dict[str, str]:
        """The attributes of an event of the call's packet, as the seller's node tells them."""
        tx_id = self.terms.tx_id.hex()
        deadline, cursor = time.monotonic() + PATIENCE_SECONDS, self._since
        while time.monotonic() < deadline:
            told = self._told(cursor)
            cursor = told["cursor"]
            for event in told["events"]:
                attributes: dict[str, str] = event["attributes"]
                ours = attributes.get("packet_src_port") == CROSS_PORT
                if event["type"] in kinds and ours and tx_id in attributes["packet_data_hex"]:
                    return attributes
        raise NothingHappened(f"Corda tells of no {' or '.join(kinds)}")

    def _told(self, cursor: str) -> Any:  # noqa: ANN401 - JSON
        client = self.rig.corda.clients[SELLERS_BANK]
        try:
            return client.invoke("ibcEvents", since=cursor, wait_seconds=_LONG_POLL_SECONDS)
        except NodeUnreachableException:
            time.sleep(_POLL_SECONDS)
            return {"cursor": cursor, "events": []}

    def _is_answered(self) -> bool:
        return self.rig.quorum.has_answered(CROSS_PORT, self._sequence, self._block)

    def _await(self, holds: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            if time.monotonic() > deadline:
                raise NothingHappened(otherwise)
            time.sleep(_POLL_SECONDS)


def propose(rig: Rig, token: int, expires_in: int) -> Terms:
    """The terms of an offer that ends after `expires_in` seconds, made at the buyer's node."""
    quorum = rig.quorum
    text = rig.corda.flow(
        BUYERS_BANK,
        "DvpProposeFlow",
        f"propose {token}",
        price=f"{PRICE} {CURRENCY}",
        asset=quorum.bridge.token.address.hex(),
        token=str(token),
        buyer=corda_side.BUYER,
        buyer_address=quorum.buyer.hex(),
        seller=f"{corda_side.SELLER}@{SELLERS_BANK}",
        seller_address=quorum.seller.address.hex(),
        expires_in=str(expires_in),
    )
    return Terms.parse(text)
