"""Judging terms before anybody signs: is all that they name what this node knows?"""

from typing import Any

from corda_sim.core.identity import Party
from corda_sim.flow import FlowLogic, flow_name, startable_by_rpc
from flows.accounts.lookup import account_of_key
from flows.dvp.host import find_bridge, host_parties
from flows.dvp.terms import Side, Terms, TermsRefused


def check_terms(flow: FlowLogic[Any], terms: Terms) -> None:
    """Raises: TermsRefused, BridgeHostUnknown, ClientNotAdmitted, IllegalArgumentError.

    The bridge has those channels, over clients that this node admits, and both nodes, which are
    those of these names; a side that this node hosts gets its coins on a key of its own; and the
    offer hasn't ended.
    """
    named = terms.bridge
    known = find_bridge(flow, named.base_id, named.calls, named.auth)
    _require(known == named, f"the bridge's chain and channels are {known!r}")
    for party in (terms.price.issuer, terms.buyer.host, terms.seller.host):
        _require_known(flow, party.party)
    parties = host_parties(flow, named.base_id)
    for side in (terms.buyer, terms.seller):
        _require(side.host.party in parties, f"{side.host.name} takes no part in the bridge")
        _require_own_key(flow, side)
    now = flow.service_hub.now_ns() // 10**9
    _require(now < terms.expires, f"the offer ended at {terms.expiry.isoformat()}")


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise TermsRefused(reason)


def _require_known(flow: FlowLogic[Any], party: Party) -> None:
    known = flow.service_hub.well_known_party(party.name)
    _require(known == party, f"the key of {party.name} isn't the one that is known here")


def _require_own_key(flow: FlowLogic[Any], side: Side) -> None:
    if side.host.party != flow.our_identity:
        return
    own = flow.service_hub.is_our_key(side.key)
    account = account_of_key(flow, side.key) if own else None
    _require(account == side.account, f"the key of {side.name} is none of this account's")


@startable_by_rpc
@flow_name("corda_sim.dvp.DvpCheckFlow")
class DvpCheckFlow(FlowLogic[str]):
    """Judge terms at the node of either side. Raises: as `check_terms`."""

    def __init__(self, terms: str) -> None:
        self.terms = terms

    async def call(self) -> str:
        """The transaction's id."""
        terms = Terms.parse(self.terms)
        check_terms(self, terms)
        return terms.tx_id.hex()
