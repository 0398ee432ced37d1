"""`bench gas`: what the bridge's transactions cost on GoQuorum (Berlin), the same on every machine.

The light client is LCP's with one enclave key and no operators; the packet is the sample of
solidity_stack 3.3. The enclave and the counterparty's side are those of the contracts' tests.
"""

from dataclasses import dataclass
from typing import Final

from corda_sim.core.crypto.hashes import sha256
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from goquorum.deploy import CROSS_PORT, LCP_CLIENT_TYPE, deploy, deploy_handler, deploy_lcp_client
from goquorum.devnet.ports import free_port
from goquorum.endpoint.account import Sender
from goquorum.quick.anvil import Anvil
from tests.integration.goquorum import enclave, wire
from tests.integration.goquorum.channels import (
    INIT,
    OPEN,
    TRYOPEN,
    UNORDERED,
    VERSION,
    channel_end,
    connection_end,
)
from tests.integration.goquorum.enclave import AttestationService, Enclave
from tests.integration.goquorum.packets import FAR, SAMPLE_CALL, commitment, path_of

CLIENT: Final = "lcp-client-0"
KEY: Final = b"\x01" * 32
MOCK_PORT: Final = "mock"
VERSION_OF_CROSS: Final = "cross-1"
HEIGHT: Final = (0, 2)
OUR_HEIGHT: Final = (0, 3)
OUR_CONSENSUS: Final = b"clients/corda-0/consensusStates/0-3"


@dataclass(frozen=True, slots=True)
class GasFigures:
    """Gas of one transaction each. `_first` ones write storage that later ones only change.

    `receive_packet` goes to a mock application on the handler itself; `receive_call` through our
    Cross module, which notes the transaction's id, to a mock contract that counts.
    """

    create_client: int
    register_enclave_key: int
    update_client_first: int
    update_client: int
    receive_packet_first: int
    receive_packet: int
    receive_call_first: int
    receive_call: int


class Bridge:
    """The contracts on a chain, and an enclave that says what the other chain holds."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.enclave, self.service = Enclave(), AttestationService()
        self.handler = deploy_handler(sender)
        light_client = deploy_lcp_client(
            sender, self.handler.address, self.service.root, development=True
        )
        mock = deploy(sender, "MockModule")
        cross = deploy(sender, "CrossSimpleModule", self.handler.address, mock.address)
        self.handler.transact(sender, "registerClient", LCP_CLIENT_TYPE, light_client.address)
        cross.transact(sender, "listClient", CLIENT, True)
        for port, module in ((MOCK_PORT, mock), (CROSS_PORT, cross)):
            self.handler.transact(sender, "bindPort", port, module.address)

    def gas(self, name: str, *arguments: object) -> int:
        """Call the handler; the gas used."""
        return self.handler.transact(self.sender, name, *arguments).gas_used

    def create(self) -> int:
        """A client for the enclave."""
        states = (enclave.client_state(), enclave.EMPTY_CONSENSUS)
        return self.gas("createClient", (LCP_CLIENT_TYPE, *states))

    def register(self) -> int:
        """Register the enclave's key."""
        attested = self.service.attest(self.enclave.quote())
        parts = (attested.report, attested.signature, attested.certificate)
        body = b"".join(wire.message(at, part) for at, part in enumerate(parts, 1))
        return self._update("RegisterEnclaveKeyMessage", body)

    def update(self, height: int) -> int:
        """Bring the client from the height before to `height`."""
        previous = (height - 1, _state_id(height - 1)) if height > 1 else (0, bytes(32))
        data = enclave.update_state(previous, height, _state_id(height), emitted=height == 1)
        return self._update(
            "UpdateClientMessage", wire.message(1, data) + wire.message(2, self.enclave.sign(data))
        )

    def _update(self, kind: str, body: bytes) -> int:
        packed = wire.text(1, f"/ibc.lightclients.lcp.v1.{kind}") + wire.text(2, body)
        return self.gas("updateClient", (CLIENT, packed))

    def open_connection(self) -> None:
        """The connection that the channels go over."""
        path = b"connections/connection-7"
        claims = ((b"clients/corda-0/clientState", b"us"), (OUR_CONSENSUS, b"us then"))
        init = self.prove(path, connection_end("corda-0", INIT, (CLIENT, "")))
        proofs = (init, *(self.prove(*claim) for claim in claims))
        other = ("corda-0", "connection-7", (b"ibc",))
        heights = (HEIGHT, OUR_HEIGHT)
        msg = (other, 0, CLIENT, b"us", (VERSION,), *proofs, *heights, b"us then")
        self.gas("connectionOpenTry", msg)
        opened = self.prove(path, connection_end("corda-0", OPEN, (CLIENT, "connection-0")))
        self.gas("connectionOpenConfirm", ("connection-0", opened, HEIGHT))

    def open_channel(self, port: str, channel: str) -> None:
        """A channel to the same port and channel of the other chain."""
        path = f"channelEnds/ports/{port}/channels/{channel}".encode()
        init = self.prove(path, channel_end(INIT, port, "", "connection-7", VERSION_OF_CROSS))
        wanted = (TRYOPEN, UNORDERED, (port, channel), ("connection-0",), "", 0)
        self.gas("channelOpenTry", (port, wanted, VERSION_OF_CROSS, init, HEIGHT))
        opened = self.prove(
            path, channel_end(OPEN, port, channel, "connection-7", VERSION_OF_CROSS)
        )
        self.gas("channelOpenConfirm", (port, channel, opened, HEIGHT))

    def receive(self, port: str, channel: str, sequence: int, data: bytes) -> int:
        """Receive a packet."""
        packet = (sequence, port, channel, port, channel, data, FAR, 0)
        path = path_of("commitments", port, channel, sequence)
        proof = self.prove(path, commitment(packet))
        return self.gas("recvPacket", (packet, proof, HEIGHT))

    def prove(self, path: bytes, value: bytes) -> bytes:
        """What the enclave says of the other chain."""
        statement = enclave.membership(path, keccak256(value), HEIGHT[1], _state_id(HEIGHT[1]))
        return enclave.proofs(statement, self.enclave.sign(statement))


def _state_id(height: int) -> bytes:
    return bytes((height,)) * 32


def run() -> GasFigures:
    """Measure on a chain of its own."""
    anvil = Anvil.start(free_port())
    try:
        return measure(Bridge(Sender(anvil.rpc, KEY)))
    finally:
        anvil.stop()


def measure(bridge: Bridge) -> GasFigures:
    """Measure with contracts that nothing has happened to yet."""
    made = (bridge.create(), bridge.register(), bridge.update(1), bridge.update(2))
    bridge.open_connection()
    for port, channel in ((MOCK_PORT, "channel-0"), (CROSS_PORT, "channel-1")):
        bridge.open_channel(port, channel)
    packets = (bridge.receive(MOCK_PORT, "channel-0", at, SAMPLE_CALL) for at in (1, 2))
    other = SAMPLE_CALL.replace(sha256(b"tx"), sha256(b"another tx"))
    calls = enumerate((SAMPLE_CALL, other), 1)
    received = (bridge.receive(CROSS_PORT, "channel-1", at, data) for at, data in calls)
    return GasFigures(*made, *packets, *received)
