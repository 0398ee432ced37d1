"""An enclave without a process: the handlers over a state in memory, and chains to follow."""

from dataclasses import dataclass, field
from typing import TypeVar

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.lightclients.corda.client import consensus_state_at
from corda_sim.ibc.lightclients.corda.types import Header as CordaHeader
from corda_sim.ibc.lightclients.corda.types import TearOff
from corda_sim.ibc.lightclients.lcp.messages import (
    Misbehaviour,
    UpdateState,
    VerifyMembership,
    decode_message,
)
from corda_sim.ibc.lightclients.qbft.types import Header
from corda_sim.ibc.moment import NANOS_PER_SECOND, Moment
from corda_sim.lcp.enclave import requests
from corda_sim.lcp.enclave.handlers import Surroundings, handle
from corda_sim.lcp.enclave.requests import Answer, KeyReport, Request, Signed
from corda_sim.lcp.enclave.state import EnclaveState
from tests.unit.ibc import corda_ledger
from tests.unit.ibc.qbft_chain import PERIOD, QbftChain

QBFT, CORDA = "hb-qbft-0", "corda-host-0"
NOBODY = bytes(20)
PATH = "some/path"
M = TypeVar("M", UpdateState, VerifyMembership, Misbehaviour)
A = TypeVar("A", bound=Answer)


def entropy(number: int) -> bytes:
    return b"\x2a" * number


def message_of(answer: Signed, kind: type[M]) -> M:
    message = decode_message(answer.message)
    assert isinstance(message, kind)
    return message


@dataclass
class World:
    """An enclave with one key."""

    time: int = 0
    state: EnclaveState = field(default_factory=EnclaveState)

    def __post_init__(self) -> None:
        self.report_data = self.ask(requests.GenerateKey(NOBODY), KeyReport).report_data
        self.signer = self.report_data[1:21]

    def ask(self, request: Request, kind: type[A]) -> A:
        now = Moment.at(Height(), self.time * NANOS_PER_SECOND)
        self.state, _, answer = handle(self.state, request, Surroundings(now, entropy))
        assert isinstance(answer, kind)
        return answer

    def sign(self, request: Request) -> Signed:
        return self.ask(request, Signed)


@dataclass
class QbftWorld(World):
    """It follows a QBFT chain from its first block on."""

    chain: QbftChain = field(default_factory=QbftChain)
    period: int = PERIOD

    def __post_init__(self) -> None:
        super().__post_init__()
        self.time = self.chain.blocks[1].time
        self.first = self.sign(self.creation())

    def creation(self, client_id: str = QBFT) -> requests.CreateClient:
        client = AnyMessage.pack(self.chain.client_state(1, self.period))
        consensus = AnyMessage.pack(self.chain.consensus_state(1))
        return requests.CreateClient(client_id, client, consensus, self.signer)

    def header(self, header: Header, *, include: bool = False) -> Signed:
        packed = AnyMessage.pack(header)
        return self.sign(requests.UpdateClient(QBFT, packed, include, self.signer))

    def follow(self, number: int, trusted: int, *, include: bool = False) -> Signed:
        self.time = max(self.time, self.chain.blocks[number].time)
        return self.header(self.chain.header(number, trusted), include=include)

    def member(self, number: int, value: bytes, path: str = PATH) -> Signed:
        proof = self.chain.storage_proof(number, path)
        asked = (QBFT, b"ibc", path, value, Height(0, number), proof, self.signer)
        return self.sign(requests.VerifyMembership(*asked))

    def absent(self, number: int, path: str = PATH) -> Signed:
        proof = self.chain.storage_proof(number, path)
        asked = (QBFT, b"ibc", path, Height(0, number), proof, self.signer)
        return self.sign(requests.VerifyNonMembership(*asked))


@dataclass
class CordaWorld(World):
    """It follows a Corda host."""

    def __post_init__(self) -> None:
        super().__post_init__()
        state = corda_ledger.client_state()
        consensus = AnyMessage.pack(consensus_state_at(state.latest_height or Height()))
        client = AnyMessage.pack(state)
        self.first = self.sign(requests.CreateClient(CORDA, client, consensus, self.signer))

    def follow(self, tear_off: TearOff, *, include: bool = False) -> Signed:
        packed = AnyMessage.pack(CordaHeader(tear_off))
        return self.sign(requests.UpdateClient(CORDA, packed, include, self.signer))
