"""When blocks are executed and published."""

import pytest

from goquorum.endpoint.json_rpc import RpcError
from goquorum.quick.sealer import SealFault
from tests.unit.goquorum.quick.evm import START, keys, quick_chain


def test_instantly_a_transaction_is_a_block() -> None:
    chain, evm, _ = quick_chain()
    assert chain.head.number == 0
    assert chain.send("0x01") == "0x" + "ab" * 32
    assert chain.head.number == 1
    assert len(evm.blocks) == 2


def test_a_transaction_that_waits_for_another_makes_no_block() -> None:
    chain, evm, _ = quick_chain()
    evm.answers["txpool_status"] = {"pending": "0x0", "queued": "0x1"}
    chain.send("0x01")
    assert chain.head.number == 0


def test_a_refused_transaction_makes_no_block() -> None:
    chain, evm, _ = quick_chain()
    evm.answers["eth_sendRawTransaction"] = RpcError("eth_sendRawTransaction", -32003, "no", None)
    with pytest.raises(RpcError, match="no"):
        chain.send("0x01")
    assert chain.head.number == 0


def test_with_a_period_the_evm_is_one_block_ahead() -> None:
    chain, evm, clock = quick_chain(period=1)
    assert (chain.head.number, len(evm.blocks)) == (0, 2)
    chain.send("0x01")
    assert evm.pool == 1
    clock.seconds = START + 1.0
    chain.publish_due()
    # Block 1 was closed before the transaction came; it is in block 2, executed now.
    assert (chain.head.number, len(evm.blocks), evm.pool) == (1, 3, 0)


def test_a_block_is_published_when_its_time_has_come() -> None:
    chain, _, clock = quick_chain(period=1)
    clock.seconds = START + 0.75
    assert chain.seconds_left() == pytest.approx(0.25)
    chain.publish_due()
    assert chain.head.number == 0
    clock.seconds = START + 1.0
    chain.publish_due()
    chain.publish_due()
    assert (chain.head.number, chain.head.timestamp) == (1, START + 1)
    assert chain.seconds_left() == pytest.approx(1)


def test_after_a_pause_blocks_carry_the_present_time() -> None:
    chain, _, clock = quick_chain(period=1)
    clock.seconds = START + 100.5
    chain.publish_due()
    chain.publish_due()
    assert (chain.head.number, chain.head.timestamp) == (2, START + 100)


def test_time_put_forward_is_in_blocks_executed_after_it() -> None:
    chain, _, _ = quick_chain(period=1)
    chain.advance_time(3600)
    assert chain.mine().timestamp == START + 1
    assert chain.mine().timestamp == START + 3600


def test_instant_blocks_may_share_a_second_but_never_go_back() -> None:
    chain, _, clock = quick_chain()
    clock.seconds = START - 50.0
    assert [chain.mine().timestamp, chain.mine().timestamp] == [START, START]


def test_blocks_are_found_by_number_and_hash() -> None:
    chain, _, _ = quick_chain()
    header = chain.mine()
    assert chain.header(1) == header == chain.head
    assert chain.number_of(header.block_hash()) == 1
    assert header.parent_hash == chain.header(0).block_hash()  # type: ignore[union-attr]
    assert chain.header(2) is None
    assert chain.header(-1) is None
    assert chain.number_of(b"\1" * 32) is None


def test_the_set_after_a_block_counts_the_vote_in_it() -> None:
    chain, _, _ = quick_chain(validators=1)
    chain.control(lambda sealer: sealer.vote(1, add=True))
    assert chain.validators_after(0) == (keys().address(0),)
    chain.mine()
    assert len(chain.validators_after(1)) == 2
    assert len(chain.head.extra.validators) == 1


def test_a_replaced_set_is_the_one_after_the_head() -> None:
    chain, _, _ = quick_chain()
    chain.mine()
    chain.control(lambda sealer: sealer.replace_validators([7]))
    assert chain.validators_after(1) == (keys().address(7),)
    assert len(chain.validators_after(0)) == 4


def test_what_is_asked_of_the_next_block_is_of_the_next_published() -> None:
    chain, _, _ = quick_chain(period=1)
    chain.control(lambda sealer: sealer.spoil(SealFault.FEW))
    assert len(chain.mine().extra.seals) == 2
    assert len(chain.mine().extra.seals) == 3
