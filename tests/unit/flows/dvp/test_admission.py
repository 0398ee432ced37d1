"""A party of the host opens channels to a chain of its own: only what is admitted is taken."""

from collections.abc import Iterator

import pytest

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.ibc.any import AnyMessage, pack
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.client.types import MsgCreateClient
from corda_sim.ibc.errors import BridgeHostUnknown
from corda_sim.ibc.lightclients.lcp.types import ClientState, ConsensusState
from corda_sim.testing.mock_node import MockNode
from flows.cross.messages import CrossMessageFlow
from flows.dvp.check import DvpCheckFlow
from flows.dvp.start import DvpStartFlow
from flows.dvp.terms import Terms
from flows.ibc.admission import AdmitClientFlow, RevokeClientFlow
from flows.ibc.admitted import ClientNotAdmitted
from flows.ibc.service import BridgeService
from tests.unit.flows.dvp.dvp_bridge import CrossBridge, Dvp, DvpBridge
from tests.unit.flows.dvp.terms import changed
from tests.unit.flows.ibc.host_side import packets_of
from tests.unit.ibc.enclave import MRENCLAVE


@pytest.fixture(scope="module")
def stranger(bridge: DvpBridge) -> CrossBridge:
    """A genuine enclave that follows another chain, with channels of both ports."""
    return CrossBridge(bridge.network, bridge.host.base_id)


@pytest.fixture(autouse=True)
def only_the_bridge(bridge: DvpBridge, stranger: CrossBridge) -> Iterator[None]:
    """Every test begins with the bridge admitted at both banks, and the stranger at none."""
    yield
    bridge.admit()
    for node in (bridge.a, bridge.b):
        if stranger.host.client_id in admitted(node):
            node.run_flow(RevokeClientFlow(stranger.host.client_id))


def admitted(node: MockNode) -> tuple[str, ...]:
    return node.hub.cordapp_service(BridgeService).admitted(None)


def over(stranger: CrossBridge, terms: Terms, *channels: str) -> Terms:
    """The terms, but `calls` or `auth` over the stranger's client."""
    auth = {"auth": stranger.auth, "auth_counterparty": stranger.qbft.auth}
    fields = {"calls": {"calls": stranger.calls}, "auth": auth}
    for channel in channels:
        terms = changed(terms, "bridge", **fields[channel])
    return terms


STRANGE = [("calls",), ("auth",), ("calls", "auth")]


def test_a_strangers_channels_disturb_no_proposal(dvp: Dvp, stranger: CrossBridge) -> None:
    named = dvp.propose().bridge
    assert (named.calls, named.auth) == (dvp.bridge.calls, dvp.bridge.auth)
    assert stranger.calls != named.calls


@pytest.mark.parametrize("channels", STRANGE)
def test_terms_over_a_strangers_channels_are_refused_before_anybody_signs(
    dvp: Dvp, stranger: CrossBridge, channels: tuple[str, ...]
) -> None:
    terms = over(stranger, dvp.propose(), *channels)
    for node in (dvp.a, dvp.b):
        with pytest.raises(ClientNotAdmitted, match=stranger.host.client_id):
            node.run_flow(DvpCheckFlow(terms.text))
    with pytest.raises(ClientNotAdmitted, match=stranger.host.client_id):
        dvp.a.run_flow(DvpStartFlow(terms.text))


@pytest.mark.parametrize("channels", STRANGE)
def test_nothing_is_locked_over_a_strangers_channel(
    dvp: Dvp, stranger: CrossBridge, channels: tuple[str, ...]
) -> None:
    """Begun all the same, past the check: the seller's signature comes and is refused."""
    terms = over(stranger, dvp.propose(), *channels)
    packet, signing = begun(dvp, stranger, terms)
    dvp.network.reload = True
    with pytest.raises(ClientNotAdmitted, match=stranger.host.client_id):
        dvp.host.submit(signing.recv(packet, signing.qbft), node=dvp.a)
    dvp.network.reload = False
    assert (dvp.stage(terms), dvp.balances) == ("pending", (150, 0))
    assert dvp.locks(dvp.a, terms) == []


def begun(dvp: Dvp, stranger: CrossBridge, terms: Terms) -> tuple[Packet, CrossBridge]:
    """The transaction initiated, and the packet with the seller's signature."""
    flow = dvp.a.start_flow(CrossMessageFlow(pack(terms.message)))
    dvp.network.run_network()
    flow.result()
    signing = stranger if terms.bridge.auth == stranger.auth else dvp.bridge
    return signing.qbft.sign(terms.tx_id), signing


def test_the_same_packet_locks_once_the_client_is_admitted(dvp: Dvp, stranger: CrossBridge) -> None:
    terms = over(stranger, dvp.propose(), "calls", "auth")
    packet, signing = begun(dvp, stranger, terms)
    with pytest.raises(ClientNotAdmitted):
        dvp.host.submit(signing.recv(packet, signing.qbft))
    stranger.admit("PartyA")
    told = dvp.host.submit(signing.recv(packet, signing.qbft))
    (call,) = packets_of(told)
    assert call.source_channel == stranger.calls
    assert (dvp.stage(terms), dvp.balances) == ("prepared", (50, 0))


def test_what_is_revoked_before_the_signature_locks_nothing(dvp: Dvp) -> None:
    terms = dvp.propose()
    dvp.start(terms)
    dvp.a.run_flow(RevokeClientFlow(dvp.host.client_id))
    with pytest.raises(ClientNotAdmitted):
        dvp.sign(terms)
    assert (dvp.stage(terms), dvp.balances) == ("pending", (150, 0))


@pytest.mark.parametrize("refusing", [False, True])
def test_what_is_locked_is_released_although_the_client_is_revoked(
    dvp: Dvp, refusing: bool
) -> None:
    dvp.chain.refusing = refusing
    _, packet = dvp.locked()
    for node in (dvp.a, dvp.b):
        node.run_flow(RevokeClientFlow(dvp.host.client_id))
    dvp.host.deliver(dvp.call(packet))
    assert dvp.balances == ((150, 0) if refusing else (50, 100))


def test_a_revoked_client_serves_no_new_dvp(dvp: Dvp) -> None:
    terms = dvp.propose()
    assert dvp.a.run_flow(RevokeClientFlow(dvp.host.client_id)) == dvp.host.client_id
    assert admitted(dvp.a) == ()
    with pytest.raises(ClientNotAdmitted, match="port cross has"):
        dvp.propose()
    with pytest.raises(ClientNotAdmitted):
        dvp.a.run_flow(DvpStartFlow(terms.text))
    with pytest.raises(ClientNotAdmitted, match="isn't admitted"):
        dvp.a.run_flow(RevokeClientFlow(dvp.host.client_id))


def test_each_node_admits_for_itself(dvp: Dvp, stranger: CrossBridge) -> None:
    terms = over(stranger, dvp.propose(), "calls", "auth")
    stranger.admit("PartyB")
    assert dvp.b.run_flow(DvpCheckFlow(terms.text)) == terms.tx_id.hex()
    with pytest.raises(ClientNotAdmitted):
        dvp.a.run_flow(DvpCheckFlow(terms.text))


def test_with_two_admitted_the_channels_have_to_be_named(dvp: Dvp, stranger: CrossBridge) -> None:
    stranger.admit("PartyA")
    assert admitted(dvp.a) == tuple(sorted((dvp.host.client_id, stranger.host.client_id)))
    with pytest.raises(IllegalArgumentError, match="one open channel of port cross is needed"):
        dvp.propose()


def test_what_is_admitted_survives_a_restart(dvp: Dvp, stranger: CrossBridge) -> None:
    stranger.admit("PartyB")
    dvp.a.run_flow(RevokeClientFlow(dvp.host.client_id))
    for node in (dvp.a, dvp.b):
        node.restart()
    assert admitted(dvp.a) == ()
    assert stranger.host.client_id in admitted(dvp.b)


def test_admitting_twice_is_admitting_once(dvp: Dvp) -> None:
    dvp.network.reload = True
    assert dvp.a.run_flow(AdmitClientFlow(dvp.host.client_id)) == dvp.host.client_id
    dvp.network.reload = False
    assert admitted(dvp.a) == (dvp.host.client_id,)


def test_a_client_that_nothing_has_activated_is_not_admitted(dvp: Dvp) -> None:
    """Whoever activates it chooses the chain: nobody can know yet which one."""
    state = AnyMessage.pack(ClientState(MRENCLAVE, 10**9))
    made = dvp.host.deliver(MsgCreateClient(state, AnyMessage.pack(ConsensusState())))
    for client_id in (str(made.value), "lcp-client-99", ""):
        with pytest.raises(IllegalArgumentError, match="no activated client"):
            dvp.a.run_flow(AdmitClientFlow(client_id))
    assert admitted(dvp.a) == (dvp.host.client_id,)


def test_clients_of_hosts_that_arent_here(dvp: Dvp) -> None:
    elsewhere = StateRef(SecureHash.sha256(b"elsewhere"), 0)
    for flow in (AdmitClientFlow, RevokeClientFlow):
        with pytest.raises(BridgeHostUnknown):
            dvp.a.run_flow(flow(dvp.host.client_id, elsewhere))
