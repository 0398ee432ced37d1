"""What stops a DvP before it begins: wrong terms, wrong node, and messages of others' accounts."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from corda_sim.core.contracts import StateRef
from corda_sim.core.errors import DecodeError, IllegalArgumentError
from corda_sim.cross.auth.types import MsgExtSignTx, MsgIBCSignTx, MsgSignTx
from corda_sim.cross.errors import ErrInvalidTransaction, ErrTxNotFound, ErrTxTimeout
from corda_sim.cross.xcc.types import ChannelInfo
from corda_sim.flow.selection import InsufficientBalanceException
from corda_sim.ibc.any import AnyMessage, pack
from corda_sim.ibc.errors import BridgeHostUnknown, FeatureLater
from flows.cross.messages import CrossMessageFlow
from flows.cross.status import CrossStatusFlow
from flows.dvp.check import DvpCheckFlow
from flows.dvp.start import DvpStartFlow
from flows.dvp.terms import Terms, TermsRefused
from flows.dvp.terms_types import NamedParty
from flows.ibc.service import BridgeService
from flows.refusals import ImpostorRefused, TwinStateRefused
from tests.unit.flows.dvp.dvp_bridge import NEVER, Claim, Dvp
from tests.unit.flows.dvp.terms import changed
from tests.unit.states.ledger import OTHER_BANK, key


@pytest.fixture
def terms(dvp: Dvp) -> Terms:
    return dvp.propose()


def test_both_sides_find_the_same_transaction(dvp: Dvp, terms: Terms) -> None:
    for node in (dvp.a, dvp.b):
        assert node.run_flow(DvpCheckFlow(terms.text)) == terms.tx_id.hex()


def test_every_proposal_is_another_transaction(dvp: Dvp, terms: Terms) -> None:
    again = dvp.propose()
    assert again.nonce != terms.nonce
    assert again.tx_id != terms.tx_id
    assert again.buyer.key != terms.buyer.key


def test_a_key_that_isnt_the_sides_own_is_found_by_its_node(dvp: Dvp, terms: Terms) -> None:
    stolen = changed(terms, "seller", key=key(99))
    with pytest.raises(TermsRefused, match="none of this account's"):
        dvp.b.run_flow(DvpCheckFlow(stolen.text))
    swapped = changed(terms, "buyer", account=UUID(int=1))
    with pytest.raises(TermsRefused, match="none of this account's"):
        dvp.a.run_flow(DvpCheckFlow(swapped.text))


def test_a_party_under_another_key_is_an_impostor(dvp: Dvp, terms: Terms) -> None:
    impostor = NamedParty(name=terms.price.issuer.name, key=key(99))
    for other in (
        changed(terms, "price", issuer=impostor),
        changed(terms, "price", issuer=NamedParty.of(OTHER_BANK)),
        changed(terms, "seller", host=NamedParty(name=terms.seller.host.name, key=key(99))),
    ):
        with pytest.raises(TermsRefused, match="isn't the one that is known"):
            dvp.a.run_flow(DvpCheckFlow(other.text))


def test_a_node_outside_the_bridge_could_not_bring_the_answer(dvp: Dvp, terms: Terms) -> None:
    notary = NamedParty.of(dvp.network.notary_party)
    with pytest.raises(TermsRefused, match="takes no part in the bridge"):
        dvp.a.run_flow(DvpCheckFlow(changed(terms, "seller", host=notary).text))


def test_nobody_signs_under_anothers_name(dvp: Dvp, terms: Terms) -> None:
    impostor = Claim(pack(terms.message), dvp.a.party.name, terms.buyer.account)
    with pytest.raises(ImpostorRefused, match="PartyA"):
        dvp.b.run_flow(impostor)
    assert_unknown(dvp, terms)


def test_no_transaction_is_begun_twice_by_hiding_the_first(dvp: Dvp, terms: Terms) -> None:
    """A patched node leaves the first one's state out: contracts can't see it, validators do."""
    dvp.start(terms)
    key = f"cross/{terms.tx_id.hex()}"
    refs = dvp.a.hub.cordapp_service(BridgeService).index.host(None).refs
    hidden = refs.pop(key)
    with pytest.raises(TwinStateRefused, match=key):
        dvp.start(terms)
    refs[key] = hidden
    assert dvp.stage(terms) == "pending"


def test_of_two_begun_at_once_one_is_signed(dvp: Dvp, terms: Terms) -> None:
    """The validator holds the id back as it holds states, until it has the first transaction."""
    dvp.network.advance(timedelta(seconds=1))
    flows = [dvp.a.start_flow(DvpStartFlow(terms.text)) for _ in range(2)]
    dvp.network.run_network()
    for _ in range(5):
        dvp.network.advance(timedelta(seconds=1))
    errors = [type(flow.ended.error) for flow in flows if flow.ended and flow.ended.error]
    assert errors == [TwinStateRefused]
    assert dvp.stage(terms) == "pending"


def test_another_bridge_is_none(dvp: Dvp, terms: Terms) -> None:
    with pytest.raises(TermsRefused, match="chain and channels"):
        dvp.a.run_flow(DvpCheckFlow(changed(terms, "bridge", chain_id="other").text))
    with pytest.raises(TermsRefused, match="chain and channels"):
        dvp.a.run_flow(DvpCheckFlow(changed(terms, "bridge", auth_counterparty="channel-9").text))
    with pytest.raises(IllegalArgumentError, match="one open channel of port cross"):
        dvp.a.run_flow(DvpCheckFlow(changed(terms, "bridge", calls="channel-9").text))
    other = StateRef(terms.bridge.base_id.txhash, 9)
    with pytest.raises(BridgeHostUnknown):
        dvp.a.run_flow(DvpCheckFlow(changed(terms, "bridge", base_id=other).text))


def test_an_offer_that_has_ended_isnt_started(dvp: Dvp, terms: Terms) -> None:
    late = terms.model_copy(update={"expires": 1})
    with pytest.raises(TermsRefused, match="ended at 1970"):
        dvp.a.run_flow(DvpStartFlow(late.text))


def test_only_the_buyers_node_starts(dvp: Dvp, terms: Terms) -> None:
    with pytest.raises(TermsRefused, match="the buyer's node is"):
        dvp.b.run_flow(DvpStartFlow(terms.text))
    assert_unknown(dvp, terms)


def assert_unknown(dvp: Dvp, terms: Terms) -> None:
    with pytest.raises(ErrTxNotFound):
        dvp.a.run_flow(CrossStatusFlow(terms.tx_id))


def test_a_price_beyond_the_purse_is_no_offer(dvp: Dvp) -> None:
    with pytest.raises(InsufficientBalanceException):
        dvp.propose("151 JPY")
    assert dvp.balances == (150, 0)


def test_an_offer_has_to_last(dvp: Dvp) -> None:
    with pytest.raises(IllegalArgumentError, match="ends in 0 s"):
        dvp.propose(expires_in=0)


def test_a_host_sends_no_message_for_accounts_of_another(dvp: Dvp, terms: Terms) -> None:
    for message in (terms.message, MsgSignTx(terms.tx_id, (terms.buyer.account_id,))):
        with pytest.raises(IllegalArgumentError, match="no account of this node's"):
            dvp.b.run_flow(CrossMessageFlow(pack(message)))
    with pytest.raises(IllegalArgumentError, match=r"no X\.500#UUID"):
        dvp.b.run_flow(CrossMessageFlow(pack(MsgSignTx(terms.tx_id, (b"bob",)))))


def test_an_account_may_sign_what_waits_for_it(dvp: Dvp, terms: Terms) -> None:
    seller = terms.seller.account_id
    with pytest.raises(ErrTxNotFound):
        dvp.b.run_flow(CrossMessageFlow(pack(MsgSignTx(terms.tx_id, (seller,)))))
    dvp.start(terms)
    done = dvp.b.run_flow(CrossMessageFlow(pack(MsgSignTx(terms.tx_id, (seller,)))))
    assert done.results[0] in {"SUCCESS", "NOOP"}
    assert dvp.stage(terms) == "pending", "nobody waits for the seller's account on Corda"


def test_an_account_signs_for_another_chain_by_packet(dvp: Dvp, terms: Terms) -> None:
    channel = AnyMessage.pack(ChannelInfo("cross-auth", terms.bridge.auth))
    message = MsgIBCSignTx(channel, terms.tx_id, (terms.buyer.account_id,), NEVER)
    flow = dvp.a.start_flow(CrossMessageFlow(pack(message)))
    dvp.network.run_network()
    dvp.network.advance(timedelta(seconds=1))
    told = flow.result()
    assert [one.type for one in told.events] == ["send_packet"]


def test_other_messages_are_refused(dvp: Dvp, terms: Terms) -> None:
    with pytest.raises(FeatureLater):
        dvp.a.run_flow(CrossMessageFlow(pack(MsgExtSignTx(terms.tx_id, ()))))
    with pytest.raises(DecodeError):
        dvp.a.run_flow(CrossMessageFlow(b"\xff"))


def test_a_late_start_is_refused_by_the_ledger_too(dvp: Dvp, terms: Terms) -> None:
    late = replace(terms.message, timeout_timestamp=1)
    with pytest.raises(ErrTxTimeout):
        dvp.a.run_flow(CrossMessageFlow(pack(late)))


def test_status_wants_an_id(dvp: Dvp) -> None:
    with pytest.raises(ErrInvalidTransaction):
        dvp.a.run_flow(CrossStatusFlow(b"short"))
