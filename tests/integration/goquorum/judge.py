"""Our QBFT light client, fed from a chain's JSON-RPC as a relayer would."""

from collections.abc import Sequence
from typing import Any

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.light_client import Proof
from corda_sim.ibc.lightclients.qbft.client import QbftClient
from corda_sim.ibc.lightclients.qbft.types import ClientState, ConsensusState, Header
from corda_sim.ibc.lightclients.qbft.verification import commitment_slot
from corda_sim.ibc.moment import NANOS_PER_SECOND, Moment
from corda_sim.ibc.store import MemoryStore
from goquorum.endpoint.json_rpc import JsonRpc
from goquorum.endpoint.qbft_block import SealedBlock, proof_list, read_block

PERIOD, DRIFT = 3600, 15
CHAIN_ID = (1337).to_bytes(32, "big")


class Judge:
    """Begins at the newest block, which it trusts."""

    def __init__(self, rpc: JsonRpc, handler: bytes) -> None:
        self.rpc, self.handler = rpc, handler
        self.client = QbftClient()
        self.store = ClientStore(MemoryStore(), "hb-qbft-0")
        block = self.block(self.head())
        self.now = block.header.timestamp
        height = Height(0, block.header.number)
        state = ClientState(CHAIN_ID, handler, height, PERIOD, DRIFT)
        root = bytes.fromhex(self.proof(block.header.number)["storageHash"][2:])
        trusted = ConsensusState(block.header.timestamp, root, block.header.validators)
        self.client.initialise(
            self.store, AnyMessage.pack(state), AnyMessage.pack(trusted), self._moment()
        )

    def head(self) -> int:
        return int(self.rpc.call("eth_blockNumber"), 16)

    def block(self, number: int) -> SealedBlock:
        return read_block(self.rpc.call("eth_getBlockByNumber", hex(number), False))

    def proof(self, number: int, *slots: bytes) -> Any:  # noqa: ANN401 - JSON
        keys = ["0x" + slot.hex() for slot in slots]
        return self.rpc.call("eth_getProof", "0x" + self.handler.hex(), keys, hex(number))

    def header(self, number: int, seals: Sequence[bytes] | None = None) -> Header:
        """The header of a block, with its own seals unless others are given."""
        block = self.block(number)
        account = proof_list(self.proof(number)["accountProof"])
        given = block.seals() if seals is None else tuple(seals)
        return Header(block.header_rlp, given, self.store.latest_height, account)

    def follow(self, number: int, seals: Sequence[bytes] | None = None) -> tuple[Height, ...]:
        self.now = max(self.now, self.block(number).header.timestamp)
        header = AnyMessage.pack(self.header(number, seals))
        return self.client.update(self.store, header, self._moment())

    def member(self, number: int, path: str, value: bytes) -> None:
        self.client.verify_membership(
            self.store, self._storage(number, path), path, value, self._moment()
        )

    def absent(self, number: int, path: str) -> None:
        self.client.verify_non_membership(
            self.store, self._storage(number, path), path, self._moment()
        )

    def _storage(self, number: int, path: str) -> Proof:
        found = self.proof(number, commitment_slot(path))
        return Proof(Height(0, number), b"ibc", proof_list(found["storageProof"][0]["proof"]))

    def _moment(self) -> Moment:
        return Moment.at(Height(0, 1), self.now * NANOS_PER_SECOND)
