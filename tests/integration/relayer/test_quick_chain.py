"""A relayer over the quick devnet: real contracts, headers and proofs; the host is in memory."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from corda_sim.ibc.channel.packet import MsgAcknowledgement, MsgRecvPacket, MsgTimeout, Packet
from corda_sim.relayer.outcomes import Verdict
from corda_sim.relayer.quorum.chain import QuorumChain
from corda_sim.relayer.service import Relayer, parked
from goquorum.endpoint.json_rpc import JsonRpc
from tests.integration.relayer.conftest import Site
from tests.unit.relayer.bridge import is_done

pytestmark = pytest.mark.integration
PATIENCE = 60.0


def eventually(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


@pytest.fixture
def quorum(site: Site) -> Iterator[QuorumChain]:
    chain = site.quorum()
    yield chain
    chain.close()


@contextmanager
def relaying(site: Site, quorum: QuorumChain) -> Iterator[Relayer]:
    relayer = site.relayer(quorum)
    relayer.start()
    try:
        yield relayer
    finally:
        relayer.stop()
        assert not relayer.failed.is_set()


def reverted(site: Site) -> int:
    """How many of the relayer's transactions have failed, by the chain."""
    head = int(site.rpc.call("eth_blockNumber"), 16)
    count = 0
    for number in range(site.block, head + 1):
        block = site.rpc.call("eth_getBlockByNumber", hex(number), True)
        for transaction in block["transactions"]:
            receipt = site.rpc.call("eth_getTransactionReceipt", transaction["hash"])
            count += receipt["status"] == "0x0"
    return count


def test_a_path_opens_against_the_real_contracts_and_is_found_again(
    site: Site, quorum: QuorumChain
) -> None:
    path = site.open(quorum)
    assert path.connection.is_open
    assert [one.is_open for one in path.channels] == [True]
    sent = site.rpc.call("eth_blockNumber")
    again = site.quorum()
    assert site.open(again).show() == path.show()
    again.close()
    assert site.rpc.call("eth_blockNumber") == sent
    assert reverted(site) == 0


def test_packets_go_both_ways(site: Site, quorum: QuorumChain) -> None:
    site.open(quorum)
    with relaying(site, quorum):
        there = [site.corda.send("channel-0", b"there %d" % number) for number in range(3)]
        for number in range(3):
            site.send(b"back %d" % number)
        eventually(lambda: all(is_done(site.corda, one) for one in there))
        eventually(lambda: site.module.view("acknowledged") == (3,))
    assert site.module.view("received") == (3,)
    assert site.corda.count(MsgRecvPacket) == 3
    assert reverted(site) == 0


def test_what_happened_while_no_relayer_ran_is_caught_up(site: Site, quorum: QuorumChain) -> None:
    site.open(quorum)
    there = [site.corda.send("channel-0", b"there %d" % number) for number in range(3)]
    for number in range(3):
        site.send(b"back %d" % number)
    with relaying(site, quorum) as relayer:
        eventually(lambda: relayer.is_caught_up)
        eventually(lambda: all(is_done(site.corda, one) for one in there))
        eventually(lambda: site.module.view("acknowledged") == (3,))
    before = (site.rpc.call("eth_blockNumber"), len(site.corda.delivered))
    with relaying(site, quorum) as relayer:
        eventually(lambda: relayer.is_caught_up)
        eventually(lambda: relayer.directions[0].backlog.sizes()["waiting"] == 0)
    assert (site.rpc.call("eth_blockNumber"), len(site.corda.delivered)) == before
    assert reverted(site) == 0


def test_an_acknowledgement_that_is_written_later_is_brought(
    site: Site, quorum: QuorumChain
) -> None:
    site.open(quorum)
    with relaying(site, quorum):
        packet = site.corda.send("channel-0", b"later")
        eventually(lambda: site.module.view("received") == (1,))
        assert not is_done(site.corda, packet)
        place = (site.handler.address, "mock", "channel-0", 1, b"at last")
        site.module.transact(site.owner, "writeAcknowledgement", *place)
        eventually(lambda: is_done(site.corda, packet))
    assert site.corda.count(MsgAcknowledgement) == 1


def test_a_call_that_goquorum_never_takes_times_out(site: Site, quorum: QuorumChain) -> None:
    """The module reverts, so that there is no receipt; its absence frees what Corda holds."""
    site.open(quorum)
    soon = int(time.time()) + 3
    with relaying(site, quorum) as relayer:
        packet = site.corda.send("channel-0", b"revert", soon * 10**9)
        eventually(lambda: site.rpc.call("quick_mine") and is_done(site.corda, packet))
        assert parked(relayer.directions) == []
    assert site.corda.count(MsgTimeout) == 1
    assert site.module.view("received") == (0,)


def test_one_packet_that_reverts_stops_no_other(site: Site, quorum: QuorumChain) -> None:
    site.open(quorum)
    with relaying(site, quorum):
        bad = site.corda.send("channel-0", b"revert")
        good = [site.corda.send("channel-0", b"good") for _ in range(2)]
        eventually(lambda: all(is_done(site.corda, one) for one in good))
    assert not is_done(site.corda, bad)


class Interrupted(JsonRpc):
    """Breaks off after so many transactions, as a killed process does."""

    def __init__(self, url: str, after: int) -> None:
        super().__init__(url)
        self.left = after

    def call(self, method: str, *params: object) -> object:
        if method == "eth_sendRawTransaction":
            if not self.left:
                raise KilledError
            self.left -= 1
        return super().call(method, *params)


class KilledError(Exception):
    pass


@pytest.mark.parametrize("sent", range(10))
def test_a_handshake_that_is_killed_goes_on(site: Site, sent: int) -> None:
    broken = site.quorum(Interrupted(site.rpc.url, sent))
    with suppress(KilledError):
        site.open(broken)
    broken.close()
    chain = site.quorum()
    path = site.open(chain)
    assert path.show()["goquorum"] == {
        "client": "lcp-client-0",
        "connection": "connection-0",
        "channels": {"mock": "channel-0"},
    }
    assert len(chain.channels("mock")) == 1
    chain.close()


def test_two_relayers_at_once_do_no_harm(site: Site, quorum: QuorumChain) -> None:
    """As after a kill: what is brought twice reverts, and changes nothing."""
    site.open(quorum)
    second = site.quorum()
    with relaying(site, quorum), relaying(site, second):
        packets: list[Packet] = []
        for number in range(5):
            packets.append(site.corda.send("channel-0", b"%d" % number))
            site.send(b"back %d" % number)
        eventually(lambda: all(is_done(site.corda, one) for one in packets))
        eventually(lambda: site.module.view("acknowledged") == (5,))
    second.close()
    assert site.module.view("received") == (5,)
    assert site.corda.count(MsgRecvPacket) == 5
    assert site.corda.count(MsgRecvPacket, Verdict.PERMANENT) == 0
