"""The IBC handler on GoQuorum: what it holds, what it tells, what it refuses."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from corda_sim.ibc.any import unpack
from corda_sim.ibc.channel.types import Channel
from corda_sim.ibc.client.height import ZERO_HEIGHT, Height
from corda_sim.ibc.connection.types import ConnectionEnd
from corda_sim.ibc.lightclients.lcp.types import ClientState
from corda_sim.ibc.lightclients.qbft.verification import commitment_slot
from corda_sim.ibc.protobuf import Message
from goquorum.artifacts import artifact, names
from goquorum.endpoint.abi import Decoded, Interface
from goquorum.endpoint.account import Contract, parse_log
from goquorum.endpoint.ibc_calls import call_of, height_fields, read_channel, read_connection
from goquorum.endpoint.json_rpc import JsonRpc
from goquorum.endpoint.qbft_block import proof_list

_NOBODY: Final = bytes(20)
_BATCH: Final = 500
"""How many requests go into one; geth takes up to 1000."""
CHUNK_BLOCKS: Final = 2_000
"""How many blocks one request for events goes over."""


@cache
def every_interface() -> Interface:
    """All our contracts' ABIs joined: a revert may come from any contract behind the handler."""
    return Interface(*(artifact(name).abi for name in sorted(names())))


@dataclass(frozen=True, slots=True)
class Told:
    """An event, with the block and the transaction that it is from."""

    block: int
    transaction: str
    event: Decoded


@dataclass(frozen=True, slots=True)
class StorageProof:
    """`eth_getProof` of the handler at one block, as light clients take it."""

    storage_root: bytes
    account: bytes
    entries: tuple[bytes, ...]


class IbcHandler:
    """A handler at an address."""

    def __init__(self, rpc: JsonRpc, address: bytes) -> None:
        self.rpc, self.address = rpc, address
        self._contract = Contract(rpc, address, Interface(artifact("OwnableIBCHandler").abi))
        self._light = Interface(artifact("LCPClientIAS").abi)

    @property
    def hex(self) -> str:
        """The address as JSON-RPC takes it."""
        return "0x" + self.address.hex()

    def call_data(self, message: Message) -> bytes:
        """What a transaction carries to the handler. Raises as `call_of`."""
        name, fields = call_of(message)
        return self._contract.interface.call(name, fields)

    # --- what it holds ---

    def client_state(self, client_id: str) -> bytes | None:
        """A client's state as it is committed, an encoded Any."""
        return self._light_view(client_id, "getClientState", client_id)

    def consensus_state(self, client_id: str, height: Height) -> bytes | None:
        """What a client holds of a height, an encoded Any."""
        return self._light_view(client_id, "getConsensusState", client_id, height_fields(height))

    def latest_height(self, client_id: str) -> Height:
        """The highest height of a client; (0, 0) before its activation, or without a client."""
        state = self.client_state(client_id)
        return unpack(state, ClientState).latest_height if state else ZERO_HEIGHT

    def light_client(self, client_id: str) -> Contract | None:
        """The contract behind a client."""
        address = bytes.fromhex(self._contract.view("getClient", client_id)[0][2:])
        return None if address == _NOBODY else Contract(self.rpc, address, self._light)

    def _light_view(self, client_id: str, name: str, *arguments: object) -> bytes | None:
        light = self.light_client(client_id)
        if light is None:
            return None
        value, found = light.view(name, *arguments)
        return bytes(value) if found else None

    def connection(self, connection_id: str) -> ConnectionEnd | None:
        """A connection's end."""
        fields, found = self._contract.view("getConnection", connection_id)
        return read_connection(fields) if found else None

    def channel(self, port_id: str, channel_id: str) -> Channel | None:
        """A channel's end."""
        fields, found = self._contract.view("getChannel", port_id, channel_id)
        return read_channel(fields) if found else None

    def module(self, port_id: str) -> Contract:
        """The module bound to a port. Raises TransactionReverted where none is."""
        address = self._contract.view("getIBCModuleByPort", port_id)[0]
        return Contract(self.rpc, bytes.fromhex(address[2:]), every_interface())

    def committed(self, paths: Sequence[str]) -> list[bool]:
        """Whether there is a commitment at each path, by the newest block."""
        slots = ("0x" + commitment_slot(path).hex() for path in paths)
        asked = [("eth_getStorageAt", (self.hex, slot, "latest")) for slot in slots]
        parts = (asked[at : at + _BATCH] for at in range(0, len(asked), _BATCH))
        return [bool(int(found, 16)) for part in parts for found in self.rpc.batch(part)]

    def prove(self, paths: Sequence[str], block: int) -> StorageProof:
        """What the handler's storage holds at each path, by a block."""
        slots = ["0x" + commitment_slot(path).hex() for path in paths]
        found = self.rpc.call("eth_getProof", self.hex, slots, hex(block))
        entries = tuple(proof_list(one["proof"]) for one in found["storageProof"])
        root = bytes.fromhex(found["storageHash"][2:])
        return StorageProof(root, proof_list(found["accountProof"]), entries)

    # --- what it tells ---

    def events(self, first: int, last: int, address: bytes | None = None) -> Iterator[Told]:
        """The known events of blocks `first` to `last`, of the handler or of another contract."""
        where = self.address if address is None else address
        asked = {"address": "0x" + where.hex(), "fromBlock": hex(first), "toBlock": hex(last)}
        for found in self.rpc.call("eth_getLogs", asked):
            told = _told(found)
            if told is not None:
                yield told

    def history(self, first: int, address: bytes | None = None) -> Iterator[Told]:
        """As `events`, from block `first` to the newest, however many there are."""
        head = int(self.rpc.call("eth_blockNumber"), 16)
        for start in range(first, head + 1, CHUNK_BLOCKS):
            yield from self.events(start, min(start + CHUNK_BLOCKS - 1, head), address)


def _told(found: Mapping[str, Any]) -> Told | None:
    log = parse_log(dict(found))
    event = every_interface().event(log.topics, log.data)
    if event is None:
        return None
    return Told(int(found["blockNumber"], 16), found["transactionHash"], event)
