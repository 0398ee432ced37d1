from datetime import timedelta

import pytest

from corda_sim.core.contracts import (
    Amount,
    StateAndRef,
    TimeWindow,
)
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder
from corda_sim.flow import FlowLogic, flow_name
from corda_sim.flow.cordapp import CordApp
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.cash.exit import CashExitFlow
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from flows.database import reader
from flows.judging import check_allowed
from flows.refusals import (
    AlreadySignedRefused,
    InvalidTransactionRefused,
    NotAllowedRefused,
    SignatureNotRequiredRefused,
    SignaturesMissingRefused,
    TimeWindowRefused,
    UnknownNotaryRefused,
    ValidationRefusedException,
)
from flows.validation import RequestValidationFlow
from states.cash import CashState, Exit, Move
from tests.unit.flows.conftest import NewNetwork

YEN = Amount.parse("100 JPY")


@flow_name("test.Propose")
class Propose(FlowLogic[SignedTransaction]):
    """Builds an exit of a coin as told and asks the validator."""

    def __init__(
        self,
        coin: StateAndRef[CashState],
        exited: int,
        window: TimeWindow | None = None,
        windowless: bool = False,
        sign: bool = True,
        validated: bool = True,
    ) -> None:
        self.coin, self.exited, self.window, self.windowless = coin, exited, window, windowless
        self.sign, self.validated = sign, validated

    async def call(self) -> SignedTransaction:
        hub, coin = self.service_hub, self.coin.state.data
        assert coin.validator_key is not None
        validator = hub.well_known_party_from_anonymous(coin.validator_key)
        assert validator is not None
        me = self.our_identity.owning_key
        builder = TransactionBuilder(self.coin.state.notary).add_input_state(self.coin)
        keys = (me, validator.owning_key) if self.validated else (me,)
        token = coin.amount.token
        builder.add_command(Move(), me)
        builder.add_command(Exit(Amount(self.exited, token), coin.validator_key), *keys)
        if coin.amount.quantity > self.exited:
            rest = Amount(coin.amount.quantity - self.exited, token)
            builder.add_output_state(coin.with_new_owner_and_amount(rest, coin.owner))
        if self.window is not None:
            builder.set_time_window(self.window)
        elif not self.windowless:
            builder.set_time_window(hub.now(), timedelta(seconds=60))
        signer = (me,) if self.sign else (hub.fresh_key(),)
        stx = hub.sign_initial_transaction(builder, *signer)
        return await self.sub_flow(RequestValidationFlow(stx, validator))


APP = CordApp("test", flows=(Propose,))


@pytest.fixture
def network(new_network: NewNetwork) -> MockNetwork:
    return new_network(APP)


def stable(network: MockNetwork) -> tuple[MockNode, StateAndRef[CashState]]:
    node = network["PartyA"]
    stx = node.run_flow(CashIssueFlow(YEN, validator=network.party_of("Validator")))
    return node, stx.out_ref(0)


def test_issue_pay_and_exit_of_a_stablecoin(network: MockNetwork) -> None:
    node, coin = stable(network)
    validator = network["Validator"]
    assert coin.state.data.validator_key == validator.party.owning_key
    paid = node.run_flow(CashPaymentFlow(Amount.parse("10 JPY"), network.party_of("PartyB")))
    assert validator.hub.load_transaction(paid.id) is None
    left = node.run_flow(CashExitFlow(Amount.parse("90 JPY")))
    assert validator.party.owning_key in {signature.by for signature in left.sigs}


def test_no_state_is_signed_away_twice_within_the_first_window(network: MockNetwork) -> None:
    node, coin = stable(network)
    first = node.run_flow(Propose(coin, 40))
    assert node.run_flow(RequestValidationFlow(first, network.party_of("Validator"))).sigs
    with pytest.raises(AlreadySignedRefused, match=str(first.id)):
        node.run_flow(Propose(coin, 41))
    network["Validator"].restart()
    with pytest.raises(AlreadySignedRefused):
        node.run_flow(Propose(coin, 41))
    network.advance(timedelta(seconds=61))
    node.run_flow(Propose(coin, 41))


def test_the_first_window_ends_where_it_says(network: MockNetwork) -> None:
    node, coin = stable(network)
    first = node.run_flow(Propose(coin, 40))
    rows = reader(network["Validator"].url)
    (lock,) = rows("SELECT * FROM validator_locks")
    assert (lock.state_ref, lock.transaction_id) == (str(coin.ref), str(first.id))
    network.advance(timedelta(seconds=60) - timedelta(microseconds=1))
    with pytest.raises(AlreadySignedRefused):
        node.run_flow(Propose(coin, 41))
    network.advance(timedelta(microseconds=1))
    second = node.run_flow(Propose(coin, 41))
    audited = rows(
        "SELECT * FROM validator_log WHERE state_ref = :ref ORDER BY signed_at", ref=str(coin.ref)
    )
    assert [row.transaction_id for row in audited] == [str(first.id), str(second.id)]
    assert {row.requester for row in audited} == {str(node.party.name)}


def test_two_requests_at_once_for_one_state(network: MockNetwork) -> None:
    node, coin = stable(network)
    flows = [node.start_flow(Propose(coin, exited)) for exited in (40, 41)]
    network.run_network()
    network.advance(timedelta(seconds=30))
    signed = [flow for flow in flows if flow.ended is not None and flow.ended.error is None]
    assert len(signed) == 1


def test_a_window_with_an_end_is_demanded(network: MockNetwork) -> None:
    node, coin = stable(network)
    with pytest.raises(TimeWindowRefused, match="time window with an end"):
        node.run_flow(Propose(coin, 40, windowless=True))


def test_an_open_or_passed_window_is_refused(network: MockNetwork) -> None:
    node, coin = stable(network)
    start = network.parameters.modified_time
    with pytest.raises(TimeWindowRefused, match="with an end"):
        node.run_flow(Propose(coin, 40, window=TimeWindow.from_only(start)))
    passed = TimeWindow.until_only(start - timedelta(seconds=1))
    with pytest.raises(TimeWindowRefused, match="ended at"):
        node.run_flow(Propose(coin, 40, window=passed))


def test_others_sign_first(network: MockNetwork) -> None:
    node, coin = stable(network)
    with pytest.raises(SignaturesMissingRefused):
        node.run_flow(Propose(coin, 40, sign=False))


def test_an_invalid_transaction(network: MockNetwork) -> None:
    node, coin = stable(network)
    with pytest.raises(InvalidTransactionRefused, match="validator signs the exit"):
        node.run_flow(Propose(coin, 40, validated=False))


def test_only_what_needs_the_validator(network: MockNetwork) -> None:
    node, _ = stable(network)
    plain = node.run_flow(CashIssueFlow(YEN))
    with pytest.raises(SignatureNotRequiredRefused):
        node.run_flow(RequestValidationFlow(plain, network.party_of("Validator")))


def test_only_what_is_allowed(new_network: NewNetwork) -> None:
    network = new_network(APP, allow=["corda_sim.cash.Cash:Issue", "corda_sim.cash.Cash:Move"])
    node, coin = stable(network)
    with pytest.raises(NotAllowedRefused, match=r"corda_sim\.cash\.Exit"):
        node.run_flow(Propose(coin, 40))
    network = new_network(APP, allow=[])
    with pytest.raises(NotAllowedRefused, match=r"corda_sim\.cash\.Cash"):
        stable(network)


def test_every_contract_and_every_command_needs_a_partner() -> None:
    allowed = {("c", "x"), ("d", "y")}

    def allows(contract: str, command: str) -> bool:
        return (contract, command) in allowed

    check_allowed(["c", "d"], ["x", "y"], allows)
    with pytest.raises(NotAllowedRefused, match="Contract d"):
        check_allowed(["c", "d"], ["x"], allows)
    with pytest.raises(NotAllowedRefused, match="Command y"):
        check_allowed(["c"], ["x", "y"], allows)


def test_refusals_are_flow_exceptions_of_their_own() -> None:
    refusals = ValidationRefusedException.__subclasses__()
    assert UnknownNotaryRefused in refusals
    assert len({refusal.wire_name for refusal in refusals}) == len(refusals)
