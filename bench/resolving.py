"""`bench resolving`: what a new node resolves to accept a coin that a DvP has paid.

Exchanges run on the real flows, over a chain and an enclave in memory; the client is led as the
relayer leads it, from one height. Between the first exchanges and the last one, packets are left
out: their tickets are minted as they would have been, and their tickets set aside. What a packet
leaves on the ledger isn't in another's chain, which the first exchanges show.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import flows
from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.serialization import serialize
from corda_sim.cross.ports import AUTH_PORT, CROSS_PORT
from corda_sim.flow import FlowLogic, flow_name
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.services import NodeServices
from corda_sim.ibc.host import paths
from corda_sim.ibc.numbers import u64
from corda_sim.testing.mock_network import MockNetwork
from flows.ibc.minting import MintTicketsFlow
from flows.ibc.refill import due_at
from notary.descriptor import NOTARY_CORDAPP
from tests.unit.flows.dvp.dvp_bridge import DvpBridge
from tests.unit.flows.ibc.host_side import ALLOW


@flow_name("bench.SetAside")
class SetAside(FlowLogic[None]):
    """Holds states, so that others are taken."""

    def __init__(self, refs: tuple[StateRef, ...]) -> None:
        self.refs = refs

    async def call(self) -> None:
        """For as long as the benchmark runs."""
        self.service_hub.vault.soft_lock_reserve(self.refs)
        while True:
            await self.sleep(timedelta(minutes=5))


@dataclass(frozen=True, slots=True)
class Resolved:
    """What lies behind a coin: so many transactions, of so many bytes together."""

    transactions: int
    kilobytes: int


@dataclass(frozen=True, slots=True)
class ResolvingFigures:
    """The coins that exchange 1, exchange `exchanges` and exchange `dvps` have paid."""

    dvps: int
    exchanges: int
    first: Resolved
    after_exchanges: Resolved
    after_dvps: Resolved


def run(dvps: int, exchanges: int = 10) -> ResolvingFigures:
    """Measure; `exchanges` are run one by one."""
    with _bridge() as bridge:
        first = _exchange(bridge)
        for _ in range(exchanges - 2):
            _exchange(bridge)
        after = _exchange(bridge)
        _skip(bridge, exchanges, dvps)
        last = _exchange(bridge)
    return ResolvingFigures(dvps, exchanges, first, after, last)


@contextmanager
def _bridge() -> Iterator[DvpBridge]:
    apps = [flows.cordapp, NOTARY_CORDAPP, CordApp("bench", (SetAside,))]
    with MockNetwork(cordapps=apps) as network:
        validator = network["Validator"]
        validator.spec.settings["validator"]["allow"] = ALLOW
        validator.restart()
        yield DvpBridge(network)


def _exchange(bridge: DvpBridge) -> Resolved:
    """Settle one, and look at the seller's coin."""
    dvp = bridge.newcomers()
    terms, packet = dvp.locked()
    told = bridge.host.submit(dvp.call(packet))
    assert (dvp.stage(terms), dvp.balances) == ("committed", (50, 100))
    return behind(dvp.b.hub, SecureHash.parse(told.transaction))


def behind(services: NodeServices, tx_id: SecureHash) -> Resolved:
    """A transaction with all that a node has to verify before it."""
    seen: dict[SecureHash, int] = {}
    waiting = [tx_id]
    while waiting:
        one = waiting.pop()
        stx = None if one in seen else services.load_verified(one)
        if stx is not None:
            seen[one] = len(serialize(stx))
            waiting += {ref.txhash for ref in (*stx.inputs, *stx.references)}
    return Resolved(len(seen), sum(seen.values()) // 1024)


def _skip(bridge: DvpBridge, done: int, dvps: int) -> None:
    """Make the next exchange's packets those of number `dvps`, on both channels."""
    chain, host = bridge.qbft, bridge.host
    for sequence in range(done + 1, dvps):
        if number := due_at(sequence):
            host.node.run_flow(MintTicketsFlow(CROSS_PORT, bridge.calls, sends=number))
            host.node.run_flow(MintTicketsFlow(AUTH_PORT, bridge.auth, receives=number))
    states = host.service.index.host(None)
    group = paths.packet_commitment(CROSS_PORT, bridge.calls, 1).rpartition("/")[0] + "/"
    early = [states.refs[key] for number, key in states.tickets[group] if number < dvps]
    host.node.start_flow(SetAside(tuple(early)))
    bridge.network.run_network()
    chain.store.set(paths.next_sequence_send(AUTH_PORT, chain.auth), u64(dvps))
