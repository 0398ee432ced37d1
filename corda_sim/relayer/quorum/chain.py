"""A GoQuorum chain, or Besu under QBFT, by JSON-RPC."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.types import Channel
from corda_sim.ibc.client.height import ZERO_HEIGHT, Height
from corda_sim.ibc.connection.types import ConnectionEnd
from corda_sim.ibc.host import identifiers
from corda_sim.ibc.lightclients.lcp.types import EnclaveKey
from corda_sim.ibc.lightclients.qbft.client import canonical_client_state
from corda_sim.ibc.lightclients.qbft.types import ClientState, ConsensusState, Header
from corda_sim.ibc.moment import NANOS_PER_SECOND
from corda_sim.ibc.protobuf import Message
from corda_sim.relayer.chain import Claim, Evidence, News
from corda_sim.relayer.errors import BroadcastFailedException, ProofTooOldException
from corda_sim.relayer.quorum.events import EventReader
from corda_sim.relayer.quorum.receipts import ReceiptWatcher
from corda_sim.relayer.quorum.sending import Outbox, QuorumSubmission
from goquorum.endpoint.account import Sender
from goquorum.endpoint.ibc_handler import CHUNK_BLOCKS, IbcHandler
from goquorum.endpoint.qbft_block import SealedBlock, read_block

SETTLE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class QuorumSettings:
    """How a light client is to follow the chain (seconds), and how this process does.

    `poll` is how often to ask for a new block: a fraction of the block period, in seconds;
    `start_block` is one before which the handler has told nothing; after `lost_after` seconds
    without a receipt the endpoint is asked whether it still knows a transaction.
    """

    trusting_period: int
    max_clock_drift: int
    poll: float = 0.02
    start_block: int = 0
    lost_after: float = 10.0


class QuorumChain:
    """The chain behind an endpoint."""

    name = "goquorum"
    is_ordered = True

    def __init__(self, handler: IbcHandler, sender: Sender, settings: QuorumSettings) -> None:
        self.handler, self._rpc, self._settings = handler, handler.rpc, settings
        self._receipts = ReceiptWatcher(handler.rpc, settings.poll, settings.lost_after)
        self.outbox = Outbox(sender, handler, self._receipts)
        self._events = EventReader(handler, settings.start_block)
        self._account = (ZERO_HEIGHT, b"")
        """The handler's account at the height that was proven last: its header needs it, too."""
        self._chain_id = int(self._rpc.call("eth_chainId"), 16).to_bytes(32, "big")

    def close(self) -> None:
        """End the chain's own thread."""
        self._receipts.stop()
        self.leave()

    def leave(self) -> None:
        """Close this thread's connection."""
        self._rpc.close()

    # --- what is proven ---

    def first_states(self) -> tuple[AnyMessage, AnyMessage]:
        """Of the newest block."""
        height = self.head
        return AnyMessage.pack(self._client_state(height)), self._consensus_state(height)

    def state_at(self, height: Height) -> tuple[AnyMessage, AnyMessage]:
        """The client state that a state id covers, and the block's consensus state."""
        canonical = canonical_client_state(self._client_state(height))
        return AnyMessage.pack(canonical), self._consensus_state(height)

    def header(self, height: Height, trusted: Height) -> AnyMessage:
        """The block with its seals in order, and a proof of the handler's account."""
        block = self._block(height)
        at, account = self._account
        if at != height:
            account = self.handler.prove([], height.revision_height).account
        return AnyMessage.pack(Header(block.header_rlp, block.seals(), trusted, account))

    def between(self, low: Height, high: Height) -> Height | None:
        """The block halfway."""
        middle = (low.revision_height + high.revision_height) // 2
        return Height(0, middle) if middle > low.revision_height else None

    def prove(self, claims: Sequence[Claim], known: Height) -> Evidence:
        """By the newest block. Raises ProofTooOldException for an endpoint that is behind."""
        height = self.head
        if height < known:
            raise ProofTooOldException(f"the endpoint is at {height}, the client at {known}")
        found = self.handler.prove([one.path for one in claims], height.revision_height)
        self._account = (height, found.account)
        return Evidence(height, found.entries)

    @property
    def head(self) -> Height:
        """The newest block."""
        return Height(0, int(self._rpc.call("eth_blockNumber"), 16))

    def now(self) -> tuple[Height, int]:
        """The newest block and its time."""
        block = self._block(self.head)
        return Height(0, block.header.number), block.header.timestamp * NANOS_PER_SECOND

    def _client_state(self, height: Height) -> ClientState:
        periods = (self._settings.trusting_period, self._settings.max_clock_drift)
        return ClientState(self._chain_id, self.handler.address, height, *periods)

    def _consensus_state(self, height: Height) -> AnyMessage:
        header = self._block(height).header
        root = self.handler.prove([], height.revision_height).storage_root
        return AnyMessage.pack(ConsensusState(header.timestamp, root, header.validators))

    def _block(self, height: Height) -> SealedBlock:
        number = hex(height.revision_height)
        found: Mapping[str, Any] | None = self._rpc.call("eth_getBlockByNumber", number, False)
        if found is None:
            raise ProofTooOldException(f"the endpoint has no block {height.revision_height}")
        return read_block(found)

    # --- what it holds ---

    def client_ids(self) -> tuple[str, ...]:
        """By their events."""
        made = self._events.named("GeneratedClientIdentifier")
        return tuple(event["clientId"] for event in made)

    def client_state(self, client_id: str) -> AnyMessage | None:
        """As it is committed."""
        found = self.handler.client_state(client_id)
        return None if found is None else AnyMessage.decode(found)

    def consensus_state(self, client_id: str, height: Height) -> AnyMessage | None:
        """As it is committed; none at (0, 0), where a client that isn't activated holds nothing."""
        found = self.handler.consensus_state(client_id, height)
        return AnyMessage.decode(found) if found else None

    def latest_height(self, client_id: str) -> Height:
        """By the light client."""
        return self.handler.latest_height(client_id)

    def enclave_key(self, client_id: str, address: bytes) -> EnclaveKey | None:
        """By the light client's events: it has no function that answers this."""
        light = self.handler.light_client(client_id)
        if light is None:
            return None
        wanted = (client_id, "0x" + address.hex())
        for found in self._events.named("RegisteredEnclaveKey", light.address):
            if (found["clientId"], found["enclaveKey"].lower()) == wanted:
                return EnclaveKey(found["expiredAt"], bytes.fromhex(found["operator"][2:]))
        return None

    def connections(self) -> Mapping[str, ConnectionEnd]:
        """All of them: identifiers are numbered."""
        found = ((one, self.handler.connection(one)) for one in _ids(identifiers.connection_id))
        return _until_none(found)

    def channels(self, port_id: str) -> Mapping[str, Channel]:
        """Those of a port: numbers are the handler's, so that a port's have gaps."""
        made = (event["channelId"] for event in self._events.named("GeneratedChannelIdentifier"))
        ends = ((one, self.handler.channel(port_id, one)) for one in made)
        return {channel_id: end for channel_id, end in ends if end is not None}

    def committed(self, paths: Sequence[str]) -> list[bool]:
        """By the newest block."""
        return self.handler.committed(paths)

    def follow(self, cursor: str, seconds: float) -> News:
        """The next blocks; the cursor is the number of the first that wasn't read."""
        first = int(cursor or self._settings.start_block)
        deadline = time.monotonic() + seconds
        while (head := self.head.revision_height) < first:
            if time.monotonic() > deadline:
                return News(str(first))
            time.sleep(self._settings.poll)
        seen = time.monotonic()
        last = min(head, first + CHUNK_BLOCKS - 1)
        events = self._events.read(first, last)
        age = time.monotonic() - seen
        return News(str(last + 1), events, is_newest=last == head, age=age)

    # --- what is sent to it ---

    def settle(self) -> None:
        """Wait until no transaction of this account is pending.

        Raises: BroadcastFailedException when one stays pending.
        """
        deadline = time.monotonic() + SETTLE_SECONDS
        sender = self.outbox.sender
        while sender.settled_nonce() < sender.pending_nonce():
            if time.monotonic() > deadline:
                raise BroadcastFailedException("transactions of an earlier run stay pending")
            time.sleep(self._settings.poll)
        sender.resynchronise()

    def submit(self, updates: Sequence[Message], messages: Sequence[Message]) -> QuorumSubmission:
        """One transaction each, with consecutive nonces."""
        sent = [self.outbox.send(one) for one in (*updates, *messages)]
        return QuorumSubmission(self.outbox, sent[: len(updates)], sent[len(updates) :])


def _ids(make: Any) -> Iterator[str]:  # noqa: ANN401 - number to identifier
    return map(make, count())


def _until_none(found: Iterator[tuple[str, ConnectionEnd | None]]) -> dict[str, ConnectionEnd]:
    ends = {}
    for identifier, end in found:
        if end is None:
            break
        ends[identifier] = end
    return ends
