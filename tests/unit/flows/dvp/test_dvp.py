"""A DvP from terms to the last coin, and the ways in which it goes wrong with nothing lost."""

from datetime import timedelta

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.cross.errors import ErrTxExists
from corda_sim.flow.notary.errors import NotaryException
from corda_sim.flow.selection import InsufficientBalanceException
from corda_sim.ibc.any import pack
from corda_sim.testing.checking import check_mock
from flows.cash.payment import CashPaymentFlow
from flows.cross.status import CrossListFlow, CrossStatusFlow
from flows.ibc.submit import IbcSubmitFlow
from states.cross.environment import ContractCallMissing
from tests.unit.flows.dvp.dvp_bridge import BUYER, SELLER, Dvp, Steal
from tests.unit.flows.ibc.host_side import packets_of, run_all


def test_the_stablecoin_for_the_token(dvp: Dvp) -> None:
    dvp.network.reload = True
    terms = dvp.propose()
    started = dvp.start(terms)
    assert started.tx_id == terms.tx_id.hex()
    status = dvp.a.run_flow(CrossStatusFlow(terms.tx_id))
    assert (status.stage, status.waits_for) == ("pending", (f"0x{SELLER.hex()}",))
    assert (status.expires, dvp.balances) == (terms.expires, (150, 0))
    (packet,) = packets_of(dvp.sign(terms))
    assert (dvp.stage(terms), dvp.balances) == ("prepared", (50, 0))
    answer = dvp.call(packet)
    assert dvp.token_owner == BUYER
    dvp.host.deliver(answer)
    dvp.network.reload = False
    assert (dvp.stage(terms), dvp.balances) == ("committed", (50, 100))
    assert dvp.locks(dvp.a, terms) == []
    known = {one.tx_id: one for one in dvp.b.run_flow(CrossListFlow())}
    assert known[started.tx_id] == dvp.a.run_flow(CrossStatusFlow(terms.tx_id))


def test_a_refusal_unlocks(dvp: Dvp) -> None:
    dvp.chain.refusing = True
    terms, packet = dvp.locked()
    assert dvp.balances == (50, 0)
    dvp.host.deliver(dvp.call(packet))
    assert (dvp.stage(terms), dvp.balances) == ("aborted", (150, 0))
    assert dvp.token_owner == SELLER


def test_an_offer_that_is_signed_too_late_locks_nothing(dvp: Dvp) -> None:
    terms = dvp.propose(expires_in=60)
    dvp.start(terms)
    dvp.network.advance(timedelta(seconds=61))
    assert (dvp.stage(terms), dvp.balances) == ("expired", (150, 0))
    assert packets_of(dvp.sign(terms)) == []
    assert (dvp.stage(terms), dvp.balances) == ("expired", (150, 0))


def test_the_seller_may_sign_until_the_offers_last_seconds(dvp: Dvp) -> None:
    terms = dvp.propose(expires_in=40)
    dvp.start(terms)
    dvp.network.advance(timedelta(seconds=36))
    (_,) = packets_of(dvp.sign(terms))
    assert (dvp.stage(terms), dvp.balances) == ("prepared", (50, 0))


def test_an_offer_shorter_than_a_window_is_started_all_the_same(dvp: Dvp) -> None:
    terms = dvp.propose(expires_in=5)
    dvp.start(terms)
    assert (dvp.stage(terms), dvp.balances) == ("pending", (150, 0))
    dvp.network.advance(timedelta(seconds=5))
    assert dvp.stage(terms) == "expired"


def test_a_chain_whose_time_is_over_is_sent_nothing_and_nothing_is_locked(dvp: Dvp) -> None:
    terms = dvp.propose(expires_in=300)
    dvp.start(terms)
    dvp.chain.make_block(seconds=terms.expires - dvp.chain_time + 1)
    assert packets_of(dvp.sign(terms)) == []
    assert (dvp.stage(terms), dvp.balances) == ("not run", (150, 0))


def test_a_call_that_never_comes_is_proven_absent_and_the_coins_return(dvp: Dvp) -> None:
    terms, packet = dvp.locked()
    dvp.network.advance(timedelta(seconds=700))
    assert (dvp.stage(terms), dvp.balances) == ("prepared", (50, 0)), "time alone releases nothing"
    dvp.host.deliver(dvp.time_out(terms, packet))
    assert (dvp.stage(terms), dvp.balances) == ("aborted", (150, 0))


def test_a_closed_channel_returns_the_coins(dvp: Dvp) -> None:
    terms, packet = dvp.locked()
    dvp.host.deliver(dvp.close(packet))
    assert (dvp.stage(terms), dvp.balances) == ("aborted", (150, 0))


def test_an_answer_counts_once(dvp: Dvp) -> None:
    terms, packet = dvp.locked()
    answer = dvp.call(packet)
    dvp.host.deliver(answer)
    again = dvp.host.submit(answer)
    assert again.results == ("NOOP",)
    assert (dvp.stage(terms), dvp.balances) == ("committed", (50, 100))


@pytest.mark.parametrize(("name", "refusing"), [("PartyB", False), ("Validator", True)])
def test_the_buyers_node_is_not_needed_any_more(dvp: Dvp, name: str, refusing: bool) -> None:
    dvp.chain.refusing = refusing
    terms, packet = dvp.locked()
    answer = dvp.call(packet)
    dvp.a.stop()
    flow = dvp.network[name].start_flow(IbcSubmitFlow((pack(answer),)))
    dvp.network.run_network()
    assert dvp.stage(terms, dvp.b) == ("aborted" if refusing else "committed")
    assert dvp.balances[1] == (0 if refusing else 100)
    dvp.a.start()
    dvp.network.run_network()
    assert flow.result().results == ("SUCCESS",)
    assert dvp.balances == ((150, 0) if refusing else (50, 100))


def test_too_few_coins_abort_before_anything_is_sent(dvp: Dvp) -> None:
    terms = dvp.propose()
    dvp.start(terms)
    spent = CashPaymentFlow(Amount.parse("51 JPY"), dvp.b.party, from_account=dvp.buyer)
    dvp.a.run_flow(spent)
    told = dvp.sign(terms)
    assert packets_of(told) == []
    assert (dvp.stage(terms), dvp.balances) == ("aborted", (99, 0))
    (refusal,) = (dict(one.attributes) for one in told.events if "refused" in one.type)
    assert "missing 1 JPY" in refusal["reason"]


def test_nobody_else_locks_or_aborts_for_the_buyer(dvp: Dvp) -> None:
    terms = dvp.propose()
    dvp.start(terms)
    with pytest.raises(ContractCallMissing, match="prepare"):
        dvp.sign(terms, node=dvp.b)
    assert (dvp.stage(terms), dvp.balances) == ("pending", (150, 0))


def test_locked_coins_are_nobodys(dvp: Dvp) -> None:
    terms, _ = dvp.locked()
    for node in (dvp.a, dvp.b, dvp.network["Validator"]):
        (lock,) = dvp.locks(node, terms)
        assert lock.state.data.amount.quantity == 100
    payment = CashPaymentFlow(Amount.parse("51 JPY"), dvp.b.party, from_account=dvp.buyer)
    with pytest.raises(InsufficientBalanceException):
        dvp.a.run_flow(payment)


@pytest.mark.parametrize("name", ["PartyA", "PartyB", "Validator"])
def test_the_notary_lets_no_key_move_a_lock(dvp: Dvp, name: str) -> None:
    terms, _ = dvp.locked("10 JPY")
    node = dvp.network[name]
    (lock,) = dvp.locks(node, terms)
    with pytest.raises(NotaryException, match="by itself"):
        node.run_flow(Steal(lock.ref))
    assert dvp.locks(node, terms) == [lock]


def test_coins_in_use_are_waited_for(dvp: Dvp) -> None:
    first, second = dvp.propose("50 JPY"), dvp.propose("60 JPY")
    for terms in (first, second):
        dvp.start(terms)
    packets = [dvp.chain.sign(terms.tx_id) for terms in (first, second)]
    messages = [dvp.bridge.recv(packet, dvp.chain) for packet in packets]
    submits = [(dvp.a, IbcSubmitFlow((pack(message),))) for message in messages]
    assert all(packets_of(told) for told in run_all(dvp.network, submits))
    assert (dvp.stage(first), dvp.stage(second)) == ("prepared", "prepared")
    assert dvp.balances == (40, 0)


def test_terms_start_once(dvp: Dvp) -> None:
    terms = dvp.propose()
    dvp.start(terms)
    with pytest.raises(ErrTxExists):
        dvp.start(terms)


def test_two_at_once_each_with_its_own_outcome(dvp: Dvp) -> None:
    first, one = dvp.locked("100 JPY")
    second, two = dvp.locked("50 JPY")
    assert dvp.balances == (0, 0)
    answer = dvp.call(two)
    dvp.chain.refusing = True
    dvp.host.deliver(dvp.call(one))
    dvp.host.deliver(answer)
    assert (dvp.stage(first), dvp.stage(second)) == ("aborted", "committed")
    assert dvp.balances == (100, 50)


def test_nothing_is_lost_whatever_went_wrong(dvp: Dvp) -> None:
    """Last of its module: all its DvPs are in these ledgers."""
    dvp.locked("10 JPY")
    assert check_mock(dvp.network) == []
