"""What the nodes' databases say of packets and locks."""

from collections.abc import Iterator

import pytest

import flows
from corda_sim.invariants.bridge.reading_corda import read_corda
from corda_sim.invariants.bridge.views import Place
from corda_sim.testing.checking import databases_of_mock
from corda_sim.testing.mock_network import MockNetwork
from notary.descriptor import NOTARY_CORDAPP
from tests.unit.flows.dvp.dvp_bridge import DvpBridge
from tests.unit.flows.ibc.host_side import ALLOW


@pytest.fixture(scope="module")
def bridge() -> Iterator[DvpBridge]:
    with MockNetwork(cordapps=[flows.cordapp, NOTARY_CORDAPP]) as network:
        validator = network["Validator"]
        validator.spec.settings["validator"]["allow"] = ALLOW
        validator.restart()
        yield DvpBridge(network)


def test_settlements_of_each_kind(bridge: DvpBridge) -> None:
    paid, refused, waiting, late = (bridge.newcomers() for _ in range(4))
    terms = {}
    packets = {}
    for dvp in (paid, refused, waiting, late):
        terms[dvp], packets[dvp] = dvp.locked()
    bridge.host.submit(paid.call(packets[paid]))
    bridge.qbft.refusing = True
    bridge.host.submit(refused.call(packets[refused]))
    bridge.host.submit(late.time_out(terms[late], packets[late]))

    view = read_corda(databases_of_mock(bridge.network))

    places = {dvp: Place.sent(packet) for dvp, packet in packets.items()}
    assert {lock.packet: lock.released_to for lock in view.locks} == {
        places[paid]: "seller",
        places[refused]: "buyer",
        places[waiting]: None,
        places[late]: "buyer",
    }
    assert {lock.tx_id for lock in view.locks} == {one.tx_id.hex() for one in terms.values()}
    sent = {Place.sent(one): one.commitment for one in packets.values()}
    assert dict(view.packets.sent) == sent
    assert len(view.packets.sent) == len(sent)
    assert {packet for packet, _ in view.packets.acknowledged} == {packets[paid], packets[refused]}
    assert len(view.packets.acknowledged) == len((paid, refused))
    assert view.packets.timed_out == [packets[late]]
    assert {packet.destination_port for packet in view.packets.received} == {"cross-auth"}
    assert view.packets.answers.keys() == set(map(Place.received, view.packets.received))
    assert view.packets.ended == {places[one] for one in (paid, refused, late)}
