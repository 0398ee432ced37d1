"""Swapping fresh keys with a party that is honest, and with some that are not."""

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.identity import Party
from corda_sim.core.serialization import serialize
from corda_sim.flow import FlowException, FlowLogic, FlowSession, initiated_by, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.testing.mock_network import MockNetwork
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from flows.identity_swap import (
    CertificateOwnershipAssertion,
    IdentityWithSignature,
    SwapIdentitiesException,
    SwapIdentitiesFlow,
    SwapIdentitiesInitiator,
    SwappedIdentities,
)
from tests.unit.flows.conftest import NewNetwork

LIES = ("another's name", "another's key", "no proof of the key", "unsigned by the identity")


@initiating_flow("test.SwapWithLiar")
class SwapWithLiar(FlowLogic[SwappedIdentities]):
    """Swaps with a party that lies in the way it is told to."""

    def __init__(self, peer: Party, lie: str) -> None:
        self.peer, self.lie = peer, lie

    async def call(self) -> SwappedIdentities:
        session = self.initiate_flow(self.peer)
        await session.send(self.lie)
        return await self.sub_flow(SwapIdentitiesFlow(session))


@initiated_by(SwapWithLiar)
class Lie(FlowLogic[None]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        lie = (await self.session.receive(str)).unwrap(str)
        await self.session.receive(IdentityWithSignature)
        await self.session.send(self._identity(lie))

    def _identity(self, lie: str) -> IdentityWithSignature:
        hub, other = self.service_hub, self.session.counterparty
        key: PublicKey = hub.fresh_key()
        named = other if lie == LIES[0] else self.our_identity
        assertion = CertificateOwnershipAssertion(
            named.name, other.owning_key if lie == LIES[1] else key
        )
        data = serialize(assertion)
        proof = hub.sign_bytes(b"something else" if lie == LIES[2] else data, key)
        identity = hub.sign_bytes(data, key if lie == LIES[3] else None)
        return IdentityWithSignature(assertion, proof, identity)


APP = CordApp("test", flows=(SwapWithLiar, Lie))


@pytest.fixture
def network(new_network: NewNetwork) -> MockNetwork:
    return new_network(APP)


def test_both_know_both_keys(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    first, second = (a.run_flow(SwapIdentitiesInitiator(b.party)) for _ in range(2))
    keys = [one.owning_key for swap in (first, second) for one in (swap.ours, swap.theirs)]
    assert len(set(keys)) == 4
    for node in (a, b):
        node.restart()
        for swap in (first, second):
            assert node.hub.well_known_party(swap.ours) == a.party
            assert node.hub.well_known_party(swap.theirs) == b.party
    assert [a.hub.is_our_key(key) for key in keys] == [True, False, True, False]
    assert [b.hub.is_our_key(key) for key in keys] == [False, True, False, True]
    assert network["Validator"].hub.well_known_party(first.ours) is None


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_registers_nothing(network: MockNetwork, lie: str) -> None:
    a, b = network["PartyA"], network["PartyB"]
    before = len(a.storage.read(a.storage.table("node_identities_no_cert").select()))
    with pytest.raises(SwapIdentitiesException):
        a.run_flow(SwapWithLiar(b.party, lie))
    rows = a.storage.read(a.storage.table("node_identities_no_cert").select())
    theirs = [row for row in rows if row.name == str(b.party.name)]
    assert theirs == []
    assert len(rows) >= before


def test_an_anonymous_payment_tells_outsiders_no_names(network: MockNetwork) -> None:
    a, b, outsider = (network[name] for name in ("PartyA", "PartyB", "Validator"))
    a.run_flow(CashIssueFlow(Amount.parse("10 JPY")))
    paid = a.run_flow(CashPaymentFlow(Amount.parse("4 JPY"), b.party, anonymous=True))
    owner = paid.outputs[0].data.owner
    assert a.hub.well_known_party(owner) == b.party
    assert outsider.hub.well_known_party(owner) is None
    with pytest.raises(FlowException):
        outsider.run_flow(CashPaymentFlow(Amount.parse("4 JPY"), b.party))
