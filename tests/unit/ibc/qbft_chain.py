"""A small QBFT chain: real keys, real RLP, real tries; only the transactions are missing."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import rlp
from trie import HexaryTrie

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.light_client import Proof
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.signatures import address_of, sign_digest
from corda_sim.ibc.lightclients.qbft.client import QbftClient
from corda_sim.ibc.lightclients.qbft.header import QBFT_MIX_HASH
from corda_sim.ibc.lightclients.qbft.types import ClientState, ConsensusState, Header
from corda_sim.ibc.lightclients.qbft.verification import commitment_slot
from corda_sim.ibc.moment import NANOS_PER_SECOND, Moment
from corda_sim.ibc.store import MemoryStore

HANDLER = bytes.fromhex("aa43d337145e8930d01cb4e60abf6595c692921e")
START = 1_760_000_000
PERIOD, DRIFT = 86_400, 15


def secret(number: int) -> bytes:
    return keccak256(b"validator %d" % number)


def validators(*numbers: int) -> list[bytes]:
    """Secrets of the validators, in the order of their addresses."""
    return sorted(map(secret, numbers), key=address_of)


@dataclass
class Block:
    fields: list[bytes]
    secrets: list[bytes]
    round: int
    storage_root: bytes
    state_root: bytes
    time: int
    vote: list[bytes] = field(default_factory=list)

    def encode(self, round_: int | None = None) -> bytes:
        """The header without seals; with its own round unless told otherwise."""
        number = self.round if round_ is None else round_
        names = [address_of(one) for one in self.secrets]
        extra = rlp.encode([bytes(32), names, self.vote, number, []])
        encoded: bytes = rlp.encode([*self.fields[:12], extra, *self.fields[13:]])
        return encoded

    def seals(self, missing: Sequence[int] = ()) -> tuple[bytes, ...]:
        digest = keccak256(self.encode())
        return tuple(
            b"" if place in missing else sign_digest(one, digest)
            for place, one in enumerate(self.secrets)
        )


class QbftChain:
    """Blocks from 1 on; what ``commit`` writes is in the next one."""

    def __init__(self, secrets: list[bytes] | None = None) -> None:
        self.secrets = secrets or validators(0, 1, 2, 3)
        self.nodes: dict[bytes, bytes] = {}
        self.storage = HexaryTrie(self.nodes)
        self.accounts = HexaryTrie(self.nodes)
        self.blocks: dict[int, Block] = {}
        for number in range(8):
            self.accounts[keccak256(b"account %d" % number)] = rlp.encode(
                [1, 2, b"a" * 32, b"b" * 32]
            )
        for number in range(8):
            self.commit(f"filler/{number}", b"x")
        self.make_block()

    def commit(self, path: str, value: bytes) -> None:
        leaf = rlp.encode(keccak256(value).lstrip(b"\0"))
        self.storage[keccak256(commitment_slot(path))] = leaf

    def remove(self, path: str) -> None:
        del self.storage[keccak256(commitment_slot(path))]

    @property
    def number(self) -> int:
        return len(self.blocks)

    def make_block(self, round_: int = 0, seconds: int = 1, vote: Sequence[bytes] = ()) -> int:
        number = self.number + 1
        account = rlp.encode([1, 0, self.storage.root_hash, keccak256(b"code")])
        self.accounts[keccak256(HANDLER)] = account
        time = START + seconds if number == 1 else self.blocks[number - 1].time + seconds
        fields = self.header_fields(number, time)
        state_root, storage_root = self.accounts.root_hash, self.storage.root_hash
        self.blocks[number] = Block(
            fields, list(self.secrets), round_, storage_root, state_root, time, list(vote)
        )
        return number

    def header_fields(self, number: int, time: int) -> list[bytes]:
        numbers = (1, number, 3_758_096_384, 0, time)
        difficulty, block, limit, used, at = map(rlp.sedes.big_endian_int.serialize, numbers)
        miner = address_of(self.secrets[number % len(self.secrets)])
        parent = keccak256(b"parent %d" % number)
        roots = (self.accounts.root_hash, keccak256(b"txs"), keccak256(b"receipts"))
        head = [parent, keccak256(rlp.encode([])), miner, *roots, bytes(256)]
        return [*head, difficulty, block, limit, used, at, b"", QBFT_MIX_HASH, bytes(8)]

    def header(self, number: int, trusted: int, missing: Sequence[int] = (3,)) -> Header:
        block = self.blocks[number]
        return Header(
            block.encode(), block.seals(missing), Height(0, trusted), self.account_proof(number)
        )

    def account_proof(self, number: int, address: bytes = HANDLER) -> bytes:
        with self.accounts.at_root(self.blocks[number].state_root) as snapshot:
            return bytes(rlp.encode(list(snapshot.get_proof(keccak256(address)))))

    def storage_proof(self, number: int, path: str) -> bytes:
        with self.storage.at_root(self.blocks[number].storage_root) as snapshot:
            nodes = snapshot.get_proof(keccak256(commitment_slot(path)))
            return bytes(rlp.encode(list(nodes)))

    def consensus_state(self, number: int) -> ConsensusState:
        block = self.blocks[number]
        names = tuple(address_of(one) for one in block.secrets)
        return ConsensusState(block.time, block.storage_root, names)

    def client_state(self, number: int, period: int = PERIOD) -> ClientState:
        chain_id = (1337).to_bytes(32, "big")
        return ClientState(chain_id, HANDLER, Height(0, number), period, DRIFT)


class Follower:
    """A QBFT client of a chain, in a store of its own."""

    def __init__(self, chain: QbftChain, start: int = 1, period: int = PERIOD) -> None:
        self.chain, self.client = chain, QbftClient()
        self.store = ClientStore(MemoryStore(), "hb-qbft-0")
        self.time = chain.blocks[start].time
        state = AnyMessage.pack(chain.client_state(start, period))
        consensus = AnyMessage.pack(chain.consensus_state(start))
        self.client.initialise(self.store, state, consensus, self.now)

    @property
    def now(self) -> Moment:
        return Moment.at(Height(0, 1), self.time * NANOS_PER_SECOND)

    def update(self, header: Header) -> tuple[Height, ...]:
        return self.client.update(self.store, AnyMessage.pack(header), self.now)

    def follow(self, number: int, trusted: int | None = None) -> tuple[Height, ...]:
        """Take a block, judged by the newest known one unless told otherwise."""
        self.time = max(self.time, self.chain.blocks[number].time)
        newest = self.store.latest_height.revision_height if trusted is None else trusted
        return self.update(self.chain.header(number, newest))

    def member(self, number: int, path: str, value: bytes) -> None:
        proof = Proof(Height(0, number), b"ibc", self.chain.storage_proof(number, path))
        self.client.verify_membership(self.store, proof, path, value, self.now)

    def absent(self, number: int, path: str) -> None:
        proof = Proof(Height(0, number), b"ibc", self.chain.storage_proof(number, path))
        self.client.verify_non_membership(self.store, proof, path, self.now)
