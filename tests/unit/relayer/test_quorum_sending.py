"""Transactions with consecutive nonces: in one block, in order, and what goes wrong with them."""

import threading
from collections.abc import Iterator

import pytest

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import MsgRecvPacket, Packet
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.types import MsgUpdateClient
from corda_sim.ibc.protobuf import Message
from corda_sim.relayer.errors import BroadcastFailedException
from corda_sim.relayer.outcomes import Outcome, Verdict
from corda_sim.relayer.quorum.chain import QuorumChain, QuorumSettings
from goquorum.endpoint.account import Sender
from goquorum.endpoint.ibc_handler import IbcHandler
from tests.unit.relayer.node import HANDLER, Node, error_data, name_of

KEY = b"\x01" * 32
UPDATE = MsgUpdateClient("lcp-client-0", AnyMessage("/header", b"7"))
POLL, LOST = 0.001, 0.02


def recv(number: int) -> MsgRecvPacket:
    packet = Packet(number, "cross", "channel-0", "cross", "channel-1", b"x", Height(0, 9))
    return MsgRecvPacket(packet, b"proof", Height(0, 7))


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def chain(node: Node) -> Iterator[QuorumChain]:
    handler = IbcHandler(node, HANDLER)
    settings = QuorumSettings(0, 0, poll=POLL, lost_after=LOST)
    made = QuorumChain(handler, Sender(node, KEY), settings)
    yield made
    made.close()


def data_of(chain: QuorumChain, *messages: Message) -> list[bytes]:
    return [chain.handler.call_data(one) for one in messages]


def test_updates_and_messages_come_in_one_block_in_order(node: Node, chain: QuorumChain) -> None:
    submission = chain.submit([UPDATE], [recv(1), recv(2)])
    assert sorted(node.pool) == [0, 1, 2]
    node.mine()
    assert [one.verdict for one in submission.outcomes()] == [Verdict.DONE, Verdict.DONE]
    assert node.executed == data_of(chain, UPDATE, recv(1), recv(2))
    assert {one["blockNumber"] for one in node.receipts.values()} == {"0x2"}


def test_the_next_batch_does_not_wait_for_the_last(node: Node, chain: QuorumChain) -> None:
    first = chain.submit([UPDATE], [recv(1)])
    second = chain.submit([], [recv(2)])
    node.mine()
    assert first.outcomes()[0].is_done
    assert second.outcomes()[0].is_done


def test_whoever_asked_is_called_when_the_last_is_there(node: Node, chain: QuorumChain) -> None:
    done = threading.Event()
    submission = chain.submit([UPDATE], [recv(1)])
    submission.when_done(done.set)
    assert not done.wait(0.01)
    node.mine()
    assert done.wait(5)


@pytest.mark.parametrize(
    ("name", "arguments", "verdict"),
    [
        ("IBCChannelPacketReceiptAlreadyExists", ("p", "c", 1), Verdict.ALREADY_DONE),
        ("UnexpectedTypeURL", (), Verdict.PERMANENT),
        ("IBCChannelPacketAlreadyProcessInPreviousUpgrade", (0, 1), Verdict.PERMANENT),
        ("LCPClientClientStateFrozen", (), Verdict.PERMANENT),
        ("LCPClientEnclaveKeyNotExist", (), Verdict.RETRY),
        ("IBCChannelTimeoutPacketTimestamp", (5, 4), Verdict.RETRY),
        ("MockReverted", (b"x",), Verdict.RETRY),
    ],
)
def test_a_revert_is_known_by_its_selector(
    node: Node, chain: QuorumChain, name: str, arguments: tuple[object, ...], verdict: Verdict
) -> None:
    (data,) = data_of(chain, recv(1))
    node.reverts[data] = error_data(name, *arguments)
    submission = chain.submit([], [recv(1), recv(2)])
    node.mine()
    refused, taken = submission.outcomes()
    assert (refused.verdict, taken.verdict) == (verdict, Verdict.DONE)
    assert refused.reason.startswith(name)


def test_a_revert_that_no_contract_of_ours_makes_is_tried_again(
    node: Node, chain: QuorumChain
) -> None:
    (data,) = data_of(chain, recv(1))
    node.reverts[data] = "0xdeadbeef"
    submission = chain.submit([], [recv(1)])
    node.mine()
    (outcome,) = submission.outcomes()
    assert (outcome.verdict, outcome.reason) == (Verdict.RETRY, "execution reverted")


def test_what_fails_for_want_of_its_update_has_the_updates_reason(
    node: Node, chain: QuorumChain
) -> None:
    update, packet = data_of(chain, UPDATE, recv(1))
    node.reverts[update] = error_data("LCPClientClientStateFrozen")
    node.reverts[packet] = error_data("LCPClientConsensusStateNotFound")
    submission = chain.submit([UPDATE], [recv(1)])
    node.mine()
    (outcome,) = submission.outcomes()
    assert outcome.verdict is Verdict.PERMANENT
    assert outcome.reason == "client not updated: LCPClientClientStateFrozen()"


def test_what_another_relayer_did_is_done_though_our_update_failed(
    node: Node, chain: QuorumChain
) -> None:
    update, packet = data_of(chain, UPDATE, recv(1))
    node.reverts[update] = error_data("LCPClientUpdateStateUnexpectedPrevStateId")
    node.reverts[packet] = error_data("IBCChannelPacketReceiptAlreadyExists", "p", "c", 1)
    submission = chain.submit([UPDATE], [recv(1)])
    node.mine()
    assert submission.outcomes()[0].verdict is Verdict.ALREADY_DONE


def test_a_broken_connection_sends_nothing_twice(node: Node, chain: QuorumChain) -> None:
    """The node has the transaction, and says that it knows it."""
    node.answers_to_lose = 1
    with pytest.raises(BroadcastFailedException, match="the connection broke"):
        chain.submit([], [recv(1)])
    submission = chain.submit([], [recv(2)])
    node.mine()
    assert submission.outcomes()[0].is_done
    assert node.executed == data_of(chain, recv(1), recv(2))


def test_an_endpoint_that_is_away_takes_nothing(node: Node, chain: QuorumChain) -> None:
    node.away = True
    with pytest.raises(BroadcastFailedException, match="nobody there"):
        chain.submit([], [recv(1)])
    node.away = False
    submission = chain.submit([], [recv(1)])
    node.mine()
    assert submission.outcomes()[0].is_done


def test_a_nonce_that_another_process_used_is_counted_on_from(
    node: Node, chain: QuorumChain
) -> None:
    Sender(node, KEY).send(HANDLER, b"another's")
    submission = chain.submit([], [recv(1)])
    node.mine()
    assert submission.outcomes()[0].is_done
    assert node.executed == [b"another's", *data_of(chain, recv(1))]


def test_a_forgotten_transaction_is_told_and_its_gap_filled(node: Node, chain: QuorumChain) -> None:
    """The first is lost; the second waits behind the gap until something fills it."""
    node.sends_to_lose = 1
    first = chain.submit([], [recv(1)])
    second = chain.submit([], [recv(2)])
    assert sorted(node.pool) == [1]
    (lost,) = first.outcomes()
    assert lost.verdict is Verdict.RETRY
    assert "is known no more" in lost.reason
    again = chain.submit([], [recv(1)])
    node.mine()
    assert again.outcomes()[0].is_done
    assert second.outcomes()[0].is_done
    assert node.executed == data_of(chain, recv(1), recv(2))


def test_settling_waits_for_an_earlier_runs_transactions(node: Node, chain: QuorumChain) -> None:
    Sender(node, KEY).send(HANDLER, b"earlier")
    mined = threading.Timer(0.05, node.mine)
    mined.start()
    chain.settle()
    mined.join()
    assert node.executed == [b"earlier"]
    assert chain.outbox.sender.pending_nonce() == 1


def test_a_receipt_outlives_an_endpoint_that_was_away(node: Node, chain: QuorumChain) -> None:
    submission = chain.submit([], [recv(1)])
    node.away = True
    threading.Event().wait(0.02)
    node.away = False
    node.mine()
    assert submission.outcomes() == [Outcome(Verdict.DONE, next(iter(node.receipts)))]


def test_a_receipt_that_cannot_be_read_is_no_endless_wait(node: Node, chain: QuorumChain) -> None:
    submission = chain.submit([], [recv(1)])
    node.receipts[name_of(node.pool[0])] = {"status": "0x1"}
    node.block += 1
    with pytest.raises(KeyError, match="transactionHash"):
        submission.outcomes()
