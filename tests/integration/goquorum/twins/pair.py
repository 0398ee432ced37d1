"""The Solidity handler and our handlers, fed the same messages."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.acknowledgement import RawAcknowledgement
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.channel.receiving import write_acknowledgement
from corda_sim.ibc.channel.sending import SendPacket, send_packet
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.context import Context, SelfClient
from corda_sim.ibc.errors import IbcError
from corda_sim.ibc.host import paths
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.moment import Moment
from corda_sim.ibc.protobuf import Message
from corda_sim.ibc.router import ResultType, deliver
from corda_sim.ibc.store import MemoryStore
from goquorum.endpoint.account import Receipt, Sender, TransactionReverted
from tests.integration.goquorum.conftest import DEPLOYER, EVERY_ERROR, Rig, slot_of
from tests.integration.goquorum.twins.calls import call_of
from tests.integration.goquorum.twins.client import TwinClient
from tests.integration.goquorum.twins.module import TwinModule

PORT = "mock"
SECOND = 10**9
OURS_ALONE = ("nextSequenceSend/", "nextSequenceAck/", "nextClient", "nextConn", "nextChan")
"""What our handlers keep in the store beside what ICS-24 commits to."""


class AnyChain:
    """Believes what it is told of itself, as GoQuorum's handler has to."""

    def validate(self, client_state: AnyMessage) -> None:
        """No claim is refused."""

    def consensus_state(self, height: Height, host_proof: bytes) -> AnyMessage:
        del height
        return AnyMessage.decode_strict(host_proof)


@dataclass(frozen=True)
class Outcome:
    """How a side took a message: the error's name, or None for success."""

    refusal: str | None

    @property
    def accepted(self) -> bool:
        return self.refusal is None


NO_OPS = frozenset(("IBCChannelPacketReceiptAlreadyExists", "IBCChannelPacketCommitmentNotFound"))
"""Reverts of what our handlers, like ibc-go's, take for a message whose work is done."""


@dataclass
class Twins:
    """One handler on the EVM, one over a store in memory."""

    rig: Rig
    store: MemoryStore = field(default_factory=MemoryStore)
    client: TwinClient = field(default_factory=TwinClient)
    module: TwinModule = field(default_factory=TwinModule)
    self_client: SelfClient = field(default_factory=AnyChain)
    block: int = 0
    seconds: int = 0
    _seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        # The EVM may have been put back since: nonces are counted anew.
        self.rig.owner = Sender(self.rig.rpc, DEPLOYER)
        self._look("latest")

    def _look(self, block: str) -> None:
        found = self.rig.rpc.call("eth_getBlockByNumber", block, False)
        self.block, self.seconds = int(found["number"], 16), int(found["timestamp"], 16)

    @property
    def context(self) -> Context:
        now = Moment.at(Height(0, self.block), self.seconds * SECOND)
        return Context(self.store, now, [self.client], {PORT: self.module}, self.self_client)

    # --- the same to both ---

    def deliver(self, msg: Message) -> bool:
        """Both take it or both refuse it; which of the two."""
        return self._agree(msg, *self.outcomes(msg))

    def send(self, msg: SendPacket) -> Packet | None:
        """Send from the module; the packet where both did."""
        made: list[Packet] = []
        height = (msg.timeout_height.revision_number, msg.timeout_height.revision_height)
        arguments = (msg.source_port, msg.source_channel, height, msg.timeout_timestamp, msg.data)
        solidity = self.solidity(lambda: self.by_module("sendPacket", arguments))
        python = self.python(lambda: self.attempt(lambda ctx: made.append(send_packet(ctx, msg))))
        return made[0] if self._agree(msg, solidity, python) else None

    def write_acknowledgement(self, packet: Packet, data: bytes) -> bool:
        """Write an acknowledgement from the module, later than its packet."""
        place = (packet.destination_port, packet.destination_channel, packet.sequence)
        solidity = self.solidity(lambda: self.by_module("writeAcknowledgement", (*place, data)))
        python = self.python(
            lambda: self.attempt(
                lambda ctx: write_acknowledgement(ctx, packet, RawAcknowledgement(data))
            )
        )
        return self._agree(packet, solidity, python)

    def _agree(self, msg: Message, solidity: Outcome, python: Outcome) -> bool:
        if python.refusal == ResultType.NOOP.name:
            assert solidity.refusal in NO_OPS, (msg, solidity)
        else:
            assert solidity.accepted == python.accepted, (msg, solidity, python)
        return python.accepted

    # --- each by itself ---

    def outcomes(self, msg: Message) -> tuple[Outcome, Outcome]:
        """What became of a message: the Solidity handler's word, then ours."""
        name, arguments = call_of(msg)
        solidity = self.solidity(lambda: self.rig.handler.transact(self.rig.owner, name, arguments))
        return solidity, self.python(lambda: deliver(self.context, msg).result)

    def solidity(self, do: Callable[[], Receipt]) -> Outcome:
        """Run a transaction, and take the time from its block."""
        try:
            receipt = do()
        except TransactionReverted as error:
            self._look("latest")
            found = EVERY_ERROR.error(error.data)
            return Outcome(found.name if found else error.data.hex())
        self._look(hex(receipt.block_number))
        return Outcome(None)

    def python(self, do: Callable[[], ResultType]) -> Outcome:
        """Run handlers at the time of the last block."""
        try:
            result = do()
        except IbcError as error:
            return Outcome(type(error).__name__)
        finally:
            self._seen.update(self.store.values)
        return Outcome(None if result is ResultType.SUCCESS else result.name)

    def attempt(self, do: Callable[[Context], object]) -> ResultType:
        """Run what isn't a message of its own with our handlers."""
        with self.context.attempt() as inner:
            do(inner)
        return ResultType.SUCCESS

    def by_module(self, name: str, arguments: tuple[object, ...]) -> Receipt:
        """Let the Solidity module call its handler."""
        rig = self.rig
        return rig.module.transact(rig.owner, name, rig.handler.address, *arguments)

    # --- what both hold ---

    def assert_same_commitments(self) -> None:
        """At every path that either can have written, both hold the same value or none."""
        asked = sorted(set(self._universe()))
        found = self._stored(asked)
        assert dict(zip(asked, found, strict=True)) == {
            path: self._expected(path) for path in asked
        }

    def _expected(self, path: str) -> bytes:
        value = self.store.get(path)
        return bytes(32) if value is None else keccak256(value)

    def _stored(self, asked: Sequence[str]) -> list[bytes]:
        address = "0x" + self.rig.handler.address.hex()
        slots = ["0x" + slot_of(path.encode()).hex() for path in asked]
        found = self.rig.rpc.batch([("eth_getStorageAt", (address, at, "latest")) for at in slots])
        return [bytes.fromhex(value[2:]) for value in found]

    def _universe(self) -> Iterator[str]:
        """What was ever written here, and what the Solidity handler could have written alone."""
        yield from (path for path in self._seen if self._is_committed(path))
        for number in range(4):
            yield paths.client_state(f"mock-client-{number}")
            yield paths.connection(f"connection-{number}")
            for kind in (paths.channel, paths.next_sequence_recv):
                yield kind(PORT, f"channel-{number}")
            for sequence in range(1, 6):
                place = (PORT, f"channel-{number}", sequence)
                yield paths.packet_commitment(*place)
                yield paths.packet_receipt(*place)
                yield paths.packet_acknowledgement(*place)

    @staticmethod
    def _is_committed(path: str) -> bool:
        return not path.startswith(OURS_ALONE) and "/processedTime/" not in path
