"""`bench proofs`: what it takes to verify a header of GoQuorum and a value, bare and by LCP.

Headers and proofs are of a quick devnet with the bridge's contracts; bare is the light client as a
function over a store in memory, by LCP the same in its enclave process, asked by gRPC, its state
sealed to disk and its results signed. One thread.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.machine import Machine
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import ZERO_HEIGHT, Height
from corda_sim.ibc.client.light_client import Proof
from corda_sim.ibc.commitment.prefix import IBC_PREFIX
from corda_sim.ibc.host import paths
from corda_sim.ibc.lightclients.lcp.types import ClientState, ConsensusState
from corda_sim.ibc.lightclients.qbft.client import QbftClient
from corda_sim.ibc.moment import Moment
from corda_sim.ibc.store import MemoryStore
from corda_sim.lcp.client import LcpConnection
from corda_sim.lcp.elc_client import ElcConnection, Question
from corda_sim.relayer.chain import Claim
from corda_sim.relayer.quorum.chain import QuorumChain, QuorumSettings
from corda_sim.testing.dvp_demo.bridge import Proxy
from corda_sim.testing.dvp_demo.quorum_side import QuorumSide
from corda_sim.testing.dvp_demo.set_up import ChainChoice
from goquorum.deploy import LCP_CLIENT_TYPE
from goquorum.endpoint.ibc_handler import IbcHandler

MADE: Final = "lcp-client-0"
CLIENT: Final = "hb-qbft-9"
States = tuple[AnyMessage, AnyMessage]


@dataclass(frozen=True, slots=True)
class ProofFigures:
    """Medians in milliseconds of verifying a header and a value at its height."""

    count: int
    bare_ms: float
    lcp_ms: float
    before: Machine
    after: Machine


@dataclass(frozen=True, slots=True)
class Proven:
    """A header, and a proof of one value by it."""

    height: Height
    header: AnyMessage
    proof: bytes


@dataclass(frozen=True, slots=True)
class Followed:
    """What a client of the chain starts with, the value at a path, and headers one by one."""

    states: States
    claim: Claim
    steps: tuple[Proven, ...]


def run(count: int) -> ProofFigures:
    """Measure, `count` times each. Raises what setting the chain and LCP up raises."""
    before = Machine.measure()
    with ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="corda-sim-bench-")))
        url = ChainChoice(period="instant").up(base / "devnet", stack)
        proxy = Proxy.start(base, stack)
        quorum = QuorumSide.deploy(url, proxy.root, base)
        stack.callback(quorum.rpc.close)
        followed = _follow(quorum, proxy, count, stack)
        bare, lcp = _bare(followed), _lcp(followed, proxy)
    return ProofFigures(count, bare, lcp, before, Machine.measure())


def _follow(quorum: QuorumSide, proxy: Proxy, count: int, stack: ExitStack) -> Followed:
    """Have blocks made, and keep their headers with proofs of a client's state."""
    made = (ClientState(bytes.fromhex(proxy.mrenclave), 86_400), ConsensusState())
    packed = [AnyMessage.pack(one).encode() for one in made]
    quorum.bridge.handler.transact(quorum.issuer, "createClient", (LCP_CLIENT_TYPE, *packed))
    handler = IbcHandler(quorum.rpc, quorum.bridge.handler.address)
    chain = QuorumChain(handler, quorum.issuer, QuorumSettings(0, 0))
    stack.callback(chain.close)
    states, claim = chain.first_states(), Claim(paths.client_state(MADE), packed[0])
    return Followed(states, claim, tuple(_steps(quorum, chain, claim, count)))


def _steps(quorum: QuorumSide, chain: QuorumChain, claim: Claim, count: int) -> Iterator[Proven]:
    trusted = chain.head
    for token in range(count):
        quorum.bridge.token.transact(quorum.issuer, "mint", quorum.seller.address, token)
        found = chain.prove([claim], trusted)
        yield Proven(found.height, chain.header(found.height, trusted), found.proofs[0])
        trusted = found.height


def _bare(followed: Followed) -> float:
    client, store = QbftClient(), ClientStore(MemoryStore(), CLIENT)
    now = Moment.at(ZERO_HEIGHT, time.time_ns())
    client.initialise(store, *followed.states, now)
    path, value = followed.claim.path, followed.claim.value or b""

    def verify(step: Proven) -> None:
        client.update(store, step.header, now)
        proof = Proof(step.height, IBC_PREFIX.key_prefix, step.proof)
        client.verify_membership(store, proof, path, value, now)

    return _median_ms(followed, verify)


def _lcp(followed: Followed, proxy: Proxy) -> float:
    keys, lights = LcpConnection(proxy.address), ElcConnection(proxy.address)
    signer = keys.attest().enclave_key_address
    lights.create_client(CLIENT, followed.states, signer)
    claim = followed.claim

    def verify(step: Proven) -> None:
        lights.update_client(CLIENT, step.header, signer)
        prefix = IBC_PREFIX.key_prefix
        question = Question(prefix, claim.path, claim.value, step.height, step.proof)
        lights.verify(CLIENT, question, signer)

    try:
        return _median_ms(followed, verify)
    finally:
        lights.close()
        keys.close()


def _median_ms(followed: Followed, verify: Callable[[Proven], None]) -> float:
    found = []
    for step in followed.steps:
        began = time.perf_counter()
        verify(step)
        found.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(found), 3)
