"""Calls that cash can't do: the buyer's node refuses for its account; the chain isn't called."""

from dataclasses import replace

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.cross.auth.types import Account
from corda_sim.cross.initiator.types import MsgInitiateTx
from corda_sim.ibc.any import pack
from flows.cross.messages import CrossMessageFlow
from flows.cross.status import CrossStatusFlow
from flows.dvp.terms import Terms
from states.cash import CASH_ID
from states.cross.call_info import CallInfo
from states.cross.environment import ContractCallMissing
from tests.unit.flows.dvp.dvp_bridge import Dvp
from tests.unit.flows.ibc.host_side import packets_of
from tests.unit.states.ledger import OTHER_BANK, token


def with_call(terms: Terms, call_info: bytes, *signers: Account) -> MsgInitiateTx:
    own, other = terms.message.contract_transactions
    changed = replace(own, call_info=call_info, signers=signers or own.signers)
    return replace(terms.message, contract_transactions=(changed, other))


def locking(terms: Terms, **changes: object) -> bytes:
    wanted = replace(terms.lockable, **changes)  # type: ignore[arg-type] # a row's
    return CallInfo(CASH_ID, wanted.message().encode()).encode()


def outcome(dvp: Dvp, message: MsgInitiateTx) -> tuple[str, str]:
    """Signed by both: the stage, and the reason that was told."""
    dvp.a.run_flow(CrossMessageFlow(pack(message)))
    told = dvp.sign_id(message.tx_id)
    assert packets_of(told) == []
    reasons = [dict(one.attributes)["reason"] for one in told.events if "refused" in one.type]
    return dvp.a.run_flow(CrossStatusFlow(message.tx_id)).stage, reasons[0]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("no contract", "no contract has the id 'nft'"),
        ("no call info", "names no contract"),
        ("no arguments", "LockCall"),
        ("another validator", "another validator"),
        ("another issuer", "missing 100 JPY"),
        ("nothing", "more than zero"),
        ("too much", "missing 1 JPY"),
    ],
)
def test_the_transaction_aborts_before_the_chain_is_called(
    dvp: Dvp, kind: str, reason: str
) -> None:
    terms = dvp.propose()
    amount = terms.price.amount
    call_info = {
        "no contract": CallInfo("nft", b"").encode(),
        "no call info": b"\xff",
        "no arguments": CallInfo(CASH_ID, b"\x08\x01").encode(),
        "another validator": locking(terms, validator_key=None),
        "another issuer": locking(terms, amount=amount.with_token(token(OTHER_BANK))),
        "nothing": locking(terms, amount=Amount(0, amount.token)),
        "too much": locking(terms, amount=Amount(151, amount.token)),
    }[kind]
    stage, told = outcome(dvp, with_call(terms, call_info))
    assert (stage, dvp.balances) == ("aborted", (150, 0))
    assert reason in told


def test_coins_of_two_signers_are_nobodys_to_lock(dvp: Dvp) -> None:
    """Cash locks the coins of the one account that signs the call; else it leaves it unanswered."""
    terms = dvp.propose()
    buyer = Account.local(terms.buyer.account_id)
    message = with_call(terms, locking(terms), buyer, buyer)
    dvp.a.run_flow(CrossMessageFlow(pack(message)))
    with pytest.raises(ContractCallMissing):
        dvp.sign_id(message.tx_id)
    assert dvp.balances == (150, 0)
