"""Two chains in memory that run our handlers, as the relayer sees chains.

Both can be told to fail as real ones do: not to answer, to lose what they took, to wait.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from corda_sim.core.errors import CordaError
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.channel.sending import SendPacket, send_packet
from corda_sim.ibc.channel.types import Channel
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.connection.types import ConnectionEnd
from corda_sim.ibc.context import Context, SelfClient
from corda_sim.ibc.errors import ErrInvalidPacket
from corda_sim.ibc.events import Event
from corda_sim.ibc.host import paths
from corda_sim.ibc.lightclients.corda.client import canonical_client_state, consensus_state_at
from corda_sim.ibc.lightclients.corda.self_client import LcpSelfClient
from corda_sim.ibc.lightclients.corda.types import Entry, Header
from corda_sim.ibc.lightclients.lcp.attestation import AttestationRoot
from corda_sim.ibc.lightclients.lcp.client import LcpClient
from corda_sim.ibc.lightclients.lcp.keys import key_path
from corda_sim.ibc.lightclients.lcp.types import EnclaveKey
from corda_sim.ibc.lightclients.qbft.client import canonical_client_state as canonical_qbft
from corda_sim.ibc.moment import NANOS_PER_MILLI, NANOS_PER_SECOND, Moment
from corda_sim.ibc.protobuf import Message
from corda_sim.ibc.router import ResultType, deliver
from corda_sim.ibc.store import MemoryStore
from corda_sim.relayer.chain import Claim, Evidence, News
from corda_sim.relayer.corda.events import chain_event
from corda_sim.relayer.errors import (
    BroadcastFailedException,
    NothingToProveException,
    ProofTooOldException,
)
from corda_sim.relayer.outcomes import Outcome, Verdict
from tests.unit.ibc import corda_ledger
from tests.unit.ibc.bridge import TrustAnybody
from tests.unit.ibc.chain import MockModule
from tests.unit.ibc.corda_ledger import Bridge as CordaTransaction
from tests.unit.ibc.enclave import DOMAIN, MRENCLAVE, certificate
from tests.unit.ibc.qbft_chain import START, QbftChain

PORT, AUTH = "mock", "mock-auth"
LEDGER_START = corda_ledger.START_MILLIS
FOREVER = Height(0, 2**64 - 1)


class UnreachableError(CordaError):
    """The chain doesn't answer."""


class Underway:
    """Messages that are decided as soon as the chain says so."""

    def __init__(self, messages: Sequence[Message], updates: int) -> None:
        self.messages, self._updates = messages, updates
        self.found: list[Outcome] | None = None
        self._calls: list[Callable[[], None]] = []

    def outcomes(self) -> list[Outcome]:
        assert self.found is not None, "nobody may wait for what isn't decided"
        return self.found[self._updates :]

    def when_done(self, call: Callable[[], None]) -> None:
        if self.found is None:
            self._calls.append(call)
        else:
            call()

    def decide(self, found: list[Outcome]) -> None:
        self.found = found
        for call in self._calls:
            call()


@dataclass
class MemoryChain:
    """What both have in common. `delivered` is every message that the chain executed."""

    name: str
    self_client: SelfClient
    is_ordered: bool = True
    root: bytes = field(default_factory=lambda: certificate("root", "root"))
    store: MemoryStore = field(default_factory=MemoryStore)
    modules: dict[str, MockModule] = field(
        default_factory=lambda: {PORT: MockModule(), AUTH: MockModule()}
    )
    log: list[Event] = field(default_factory=list)
    delivered: list[tuple[Message, Outcome]] = field(default_factory=list)
    pool: list[Underway] = field(default_factory=list)
    mines: bool = True
    answers: bool = True
    refuses: dict[type[Message], Outcome] = field(default_factory=dict)

    @property
    def moment(self) -> Moment:
        raise NotImplementedError

    def make_block(self, seconds: int = 1) -> None:
        raise NotImplementedError

    @property
    def context(self) -> Context:
        root = AttestationRoot(self.root, development_mode=True)
        clients = [LcpClient(root, DOMAIN)]
        return Context(self.store, self.moment, clients, self.modules, self.self_client, self.log)

    def leave(self) -> None:
        """Nothing is kept for a thread."""

    # --- sending ---

    def settle(self) -> None:
        self.mine()

    def submit(self, updates: Sequence[Message], messages: Sequence[Message]) -> Underway:
        if not self.answers:
            raise BroadcastFailedException("nobody there")
        underway = Underway((*updates, *messages), len(updates))
        self.pool.append(underway)
        if self.mines:
            self.mine()
        return underway

    def mine(self) -> None:
        """Decide what is in the pool, in one block."""
        taken, self.pool = self.pool, []
        for underway in taken:
            underway.decide([self.execute(one) for one in underway.messages])
        if taken:
            self.make_block()

    def lose_pool(self) -> None:
        """Forget what was taken: its senders hear that it is lost."""
        lost, self.pool = self.pool, []
        for underway in lost:
            underway.decide([Outcome(Verdict.RETRY, "", "lost") for _ in underway.messages])

    def execute(self, message: Message) -> Outcome:
        refused = self.refuses.get(type(message))
        outcome = refused or self._deliver(message)
        self.delivered.append((message, outcome))
        return outcome

    def _deliver(self, message: Message) -> Outcome:
        try:
            delivery = deliver(self.context, message)
        except ErrInvalidPacket as error:
            return Outcome(Verdict.PERMANENT, "", str(error))
        except CordaError as error:
            return Outcome(Verdict.RETRY, "", f"{type(error).__name__}: {error}")
        is_new = delivery.result is ResultType.SUCCESS
        return Outcome(Verdict.DONE if is_new else Verdict.ALREADY_DONE, "tx")

    def count(self, kind: type[Message], verdict: Verdict = Verdict.DONE) -> int:
        """How many messages of a kind ended in a verdict."""
        ended = [one for one, outcome in self.delivered if outcome.verdict is verdict]
        return sum(isinstance(one, kind) for one in ended)

    def send(self, channel: str, data: bytes, timeout: int = 0, port: str = PORT) -> Packet:
        """A user's packet, in a block."""
        height = Height() if timeout else FOREVER
        packet = send_packet(self.context, SendPacket(port, channel, data, height, timeout))
        self.make_block()
        return packet

    # --- holding ---

    def _check(self) -> None:
        if not self.answers:
            raise UnreachableError(f"{self.name} doesn't answer")

    def client_ids(self) -> tuple[str, ...]:
        found = (path.split("/") for path in self.store.values)
        names = (parts[1] for parts in found if parts[0] == "clients" and len(parts) == 3)
        return tuple(sorted(dict.fromkeys(names)))

    def client_state(self, client_id: str) -> AnyMessage | None:
        found = self.store.get(paths.client_state(client_id))
        return None if found is None else AnyMessage.decode(found)

    def consensus_state(self, client_id: str, height: Height) -> AnyMessage | None:
        return ClientStore(self.store, client_id).find_consensus_state(height)

    def latest_height(self, client_id: str) -> Height:
        self._check()
        return ClientStore(self.store, client_id).latest_height

    def enclave_key(self, client_id: str, address: bytes) -> EnclaveKey | None:
        found = ClientStore(self.store, client_id).get(key_path(address))
        return None if found is None else EnclaveKey.decode(found)

    def connections(self) -> Mapping[str, ConnectionEnd]:
        start = "connections/"
        found = sorted(self.store.paths(start))
        return {
            path.removeprefix(start): ConnectionEnd.decode(self.store.values[path])
            for path in found
        }

    def channels(self, port_id: str) -> Mapping[str, Channel]:
        start = paths.channel(port_id, "")
        found = sorted(self.store.paths(start))
        return {path.removeprefix(start): Channel.decode(self.store.values[path]) for path in found}

    def committed(self, wanted: Sequence[str]) -> list[bool]:
        self._check()
        return [path in self.store.values for path in wanted]

    def follow(self, cursor: str, seconds: float) -> News:
        del seconds
        self._check()
        told = (chain_event(one.type, dict(one.attributes)) for one in self.log[int(cursor or 0) :])
        return News(str(len(self.log)), tuple(event for event in told if event is not None))


class MemoryQuorum(MemoryChain):
    """Blocks with real headers and tries."""

    def __init__(self) -> None:
        super().__init__("goquorum", TrustAnybody())
        self.chain = QbftChain()
        self._written: dict[str, bytes] = {}

    @property
    def moment(self) -> Moment:
        """That of the block that is being made."""
        time = self.chain.blocks[self.chain.number].time + 1
        return Moment.at(Height(0, self.chain.number + 1), time * NANOS_PER_SECOND)

    @property
    def head(self) -> Height:
        return Height(0, self.chain.number)

    def make_block(self, seconds: int = 1) -> None:
        for path in self._written.keys() - self.store.values.keys():
            self.chain.remove(path)
        for path, value in self.store.values.items():
            if self._written.get(path) != value:
                self.chain.commit(path, value)
        self._written = dict(self.store.values)
        self.chain.make_block(seconds=seconds)

    def first_states(self) -> tuple[AnyMessage, AnyMessage]:
        number = self.chain.number
        client, consensus = self.chain.client_state(number), self.chain.consensus_state(number)
        return AnyMessage.pack(client), AnyMessage.pack(consensus)

    def state_at(self, height: Height) -> tuple[AnyMessage, AnyMessage]:
        number = height.revision_height
        if number not in self.chain.blocks:
            raise ProofTooOldException(f"no block {number}")
        canonical = canonical_qbft(self.chain.client_state(number))
        return AnyMessage.pack(canonical), AnyMessage.pack(self.chain.consensus_state(number))

    def header(self, height: Height, trusted: Height) -> AnyMessage:
        return AnyMessage.pack(self.chain.header(height.revision_height, trusted.revision_height))

    def between(self, low: Height, high: Height) -> Height | None:
        middle = (low.revision_height + high.revision_height) // 2
        return Height(0, middle) if middle > low.revision_height else None

    def prove(self, claims: Sequence[Claim], known: Height) -> Evidence:
        del known
        self._check()
        number = self.chain.number
        proofs = tuple(self.chain.storage_proof(number, one.path) for one in claims)
        return Evidence(Height(0, number), proofs)

    def now(self) -> tuple[Height, int]:
        self._check()
        return self.head, self.chain.blocks[self.chain.number].time * NANOS_PER_SECOND


class MemoryCorda(MemoryChain):
    """A host: each block is a transaction, whose entries a tear-off shows."""

    def __init__(self, mrenclave: bytes = MRENCLAVE) -> None:
        self.millis = START * 1000 - LEDGER_START
        self.state = corda_ledger.client_state(latest_height=self.head)
        super().__init__("corda", LcpSelfClient(self.state, mrenclave), is_ordered=False)
        self.made: dict[str, tuple[bytes, int]] = {}
        self.heights: list[int] = [self.millis]

    @property
    def head(self) -> Height:
        return Height(0, LEDGER_START + self.millis)

    @property
    def moment(self) -> Moment:
        start = LEDGER_START + self.millis
        end = (start + 3000) * NANOS_PER_MILLI - 1
        first, last = Height(0, start), Height(0, start + 2999)
        return Moment(first, last, start * NANOS_PER_MILLI, end)

    def make_block(self, seconds: int = 1) -> None:
        for path, value in self.store.values.items():
            if self.made.get(path, (None,))[0] != value:
                self.made[path] = (value, self.millis)
        self.heights.append(self.millis)
        self.millis += seconds * 1000

    def first_states(self) -> tuple[AnyMessage, AnyMessage]:
        height = Height(0, LEDGER_START + self.heights[-1])
        client = corda_ledger.client_state(latest_height=height)
        return AnyMessage.pack(client), AnyMessage.pack(consensus_state_at(height))

    def state_at(self, height: Height) -> tuple[AnyMessage, AnyMessage]:
        canonical = AnyMessage.pack(canonical_client_state(self.state))
        return canonical, AnyMessage.pack(consensus_state_at(height))

    def header(self, height: Height, trusted: Height) -> AnyMessage:
        del trusted
        millis = height.revision_height - LEDGER_START
        if millis not in self.heights:
            raise ProofTooOldException(f"no transaction at {height}")
        return AnyMessage.pack(Header(CordaTransaction(millis=millis).tear_off()))

    def between(self, low: Height, high: Height) -> Height | None:
        del low, high
        return None

    def prove(self, claims: Sequence[Claim], known: Height) -> Evidence:
        self._check()
        found = [self.made.get(one.path) for one in claims]
        for claim, made in zip(claims, found, strict=True):
            if made is None or made[0] != claim.value:
                raise NothingToProveException(f"something else is at {claim.path}")
        made_at = [one[1] for one in found if one is not None]
        height = max(known, *(Height(0, LEDGER_START + one) for one in made_at), known)
        shown = zip(claims, made_at, strict=True)
        return Evidence(height, tuple(_show(claim, millis) for claim, millis in shown))

    def now(self) -> tuple[Height, int]:
        self._check()
        millis = LEDGER_START + self.heights[-1]
        return Height(0, millis), millis * NANOS_PER_MILLI


def _show(claim: Claim, millis: int) -> bytes:
    entry = Entry(claim.path, claim.value or b"")
    return CordaTransaction([entry], millis=millis).tear_off().encode()
