"""What somebody agreed to is good for one call, by the module that he named, while it lasts."""

import pytest

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from goquorum.endpoint.account import Sender
from tests.integration.goquorum.channels import open_channel
from tests.integration.goquorum.conftest import Rig, refused
from tests.integration.goquorum.test_cross import (
    FAILED_ACK,
    FAR,
    FOREVER,
    OK_ACK,
    TX_ID,
    Assets,
    acknowledge,
    sign_data,
    sign_packet,
    signed_ack,
)

pytestmark = pytest.mark.integration
NOTHING = bytes(32)


@pytest.fixture
def assets(rig: Rig, seller: Sender) -> Assets:
    """The seller has approved and agreed."""
    made = Assets(rig, seller)
    made.approve()
    made.sign(seller, made.call_info)
    return made


@pytest.fixture
def settled(assets: Assets) -> Assets:
    assert assets.call(assets.data) == OK_ACK
    return assets


def test_the_same_call_by_a_second_channel_moves_nothing(settled: Assets) -> None:
    settled.sell_back()
    settled.approve()
    settled.calls = open_channel(settled.rig, "cross", "cross-1")
    assert settled.call(settled.data) == FAILED_ACK
    assert settled.owner_of() == settled.seller.address


def test_nobody_agrees_anew_to_what_was_done(settled: Assets) -> None:
    seller = settled.seller
    assert settled.agreed(seller) == NOTHING
    withdraw = lambda: settled.auth.transact(seller, "withdraw", TX_ID)
    assert refused(withdraw) == "CrossNothingAgreed"
    acknowledge(settled, sign_packet(settled, 1, sign_data(seller.address)), signed_ack(2))
    again = lambda: settled.sign(seller, settled.call_info)
    assert refused(again) == "CrossAgreementConsumed"


def test_a_stranger_neither_consumes_nor_withdraws_an_agreement(assets: Assets) -> None:
    seller = assets.seller
    for caller in (assets.rig.owner, seller):
        consume = lambda by=caller: assets.auth.transact(by, "consume", TX_ID, seller.address)
        assert refused(consume) == "CrossAgreedWithAnotherModule"
    withdraw = lambda: assets.auth.transact(assets.rig.owner, "withdraw", TX_ID)
    assert refused(withdraw) == "CrossNothingAgreed"
    assert assets.agreed(seller) == keccak256(assets.call_info)
    assert assets.call(assets.data) == OK_ACK


def test_an_agreement_for_another_module_moves_nothing(assets: Assets) -> None:
    channel, other = assets.signs.channel, assets.rig.module.address
    message = (channel, TX_ID, assets.call_info, FAR, 0, other, FOREVER)
    assets.auth.transact(assets.seller, "ibcSignTx", message)
    assert assets.call(assets.data) == FAILED_ACK
    assert assets.owner_of() == assets.seller.address


def test_a_withdrawn_agreement_moves_nothing(assets: Assets) -> None:
    assets.auth.transact(assets.seller, "withdraw", TX_ID)
    assert assets.agreed(assets.seller) == NOTHING
    assert assets.call(assets.data) == FAILED_ACK
    assert assets.owner_of() == assets.seller.address


def test_a_call_that_comes_too_late_moves_nothing(assets: Assets) -> None:
    """The next block is no earlier than the newest: whatever its time, the agreement has ended."""
    newest = assets.rig.rpc.call("eth_getBlockByNumber", "latest", False)
    assets.sign(assets.seller, assets.call_info, until=int(newest["timestamp"], 16))
    assert assets.agreed(assets.seller) == NOTHING
    assert assets.call(assets.data) == FAILED_ACK
    assert assets.owner_of() == assets.seller.address


def test_a_call_that_fails_leaves_the_agreement_to_its_owner(assets: Assets) -> None:
    seller, nobody = assets.seller, bytes(20)
    assets.token.transact(seller, "approve", nobody, 7)
    assert assets.call(assets.data) == FAILED_ACK
    assert assets.agreed(seller) == keccak256(assets.call_info)
    assets.approve()
    assets.auth.transact(seller, "withdraw", TX_ID)
    assets.calls = open_channel(assets.rig, "cross", "cross-1")
    assert assets.call(assets.data) == FAILED_ACK
    assert assets.owner_of() == seller.address
