"""One EVM for the tests of the contracts, and the things that they share."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from eth_abi.abi import encode

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from goquorum.artifacts import artifact, names
from goquorum.deploy import deploy, deploy_handler, deploy_lcp_client
from goquorum.devnet.ports import free_port
from goquorum.endpoint.abi import Interface
from goquorum.endpoint.account import Contract, Sender, TransactionReverted
from goquorum.endpoint.json_rpc import JsonRpc
from goquorum.quick.anvil import Anvil
from tests.integration.goquorum.enclave import AttestationService, Enclave, update_state
from tests.integration.goquorum.lcp import JUNE_2024, NONE, STATE_1, Lcp
from tests.integration.goquorum.wire import text

DEPLOYER = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
PREFIX = b"ibc"
HEIGHT = (0, 5)
STATE_URL = "/mock.ConsensusState"


@pytest.fixture(scope="session")
def rpc() -> Iterator[JsonRpc]:
    anvil = Anvil.start(free_port())
    yield anvil.rpc
    anvil.stop()


@pytest.fixture(scope="session")
def owner(rpc: JsonRpc) -> Sender:
    return Sender(rpc, DEPLOYER)


EVERY_ERROR = Interface(*(artifact(name).abi for name in names()))


def refused(do: Callable[[], object]) -> str:
    """The name of the error that a call reverts with, whichever contract raised it."""
    with pytest.raises(TransactionReverted) as caught:
        do()
    error = EVERY_ERROR.error(caught.value.data)
    return error.name if error else caught.value.data.hex()


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def membership(path: bytes, value: bytes, height: tuple[int, int] = HEIGHT) -> bytes:
    """The proof that MockClient believes."""
    packed = height[0].to_bytes(8, "big") + height[1].to_bytes(8, "big")
    return sha256(packed + sha256(PREFIX) + sha256(path) + sha256(value))


def absence(path: bytes, height: tuple[int, int] = HEIGHT) -> bytes:
    packed = height[0].to_bytes(8, "big") + height[1].to_bytes(8, "big")
    return sha256(packed + sha256(PREFIX) + sha256(path))


def state(height: tuple[int, int] = HEIGHT, timestamp: int = 10**18) -> bytes:
    """A consensus state or update of MockClient."""
    value = bytes(encode(["(uint64,uint64)", "uint64"], [height, timestamp]))
    return text(1, STATE_URL) + text(2, value)


@dataclass
class Rig:
    """A handler with a mock client, and a mock module on the port `mock`."""

    rpc: JsonRpc
    owner: Sender
    handler: Contract
    client: Contract
    module: Contract
    client_id: str = "mock-client-0"

    def do(self, name: str, *arguments: object) -> dict[str, object]:
        """Call the handler; the arguments of its last event."""
        receipt = self.handler.transact(self.owner, name, *arguments)
        events = self.handler.events(receipt)
        return dict(events[-1].arguments) if events else {}

    def prove(self, path: bytes, value: bytes) -> bytes:
        """The proof that the client believes."""
        return membership(path, value)

    def stored(self, path: bytes) -> bytes:
        """What the chain holds in the slot of a commitment, read from storage itself."""
        return stored(self.rpc, self.handler, path)


def slot_of(path: bytes) -> bytes:
    """Where the handler's storage holds a commitment."""
    namespace = bytes.fromhex("1ee222554989dda120e26ecacf756fe1235cd8d726706b57517715dde4f0c900")
    return keccak256(keccak256(path) + namespace)


def stored(rpc: JsonRpc, handler: Contract, path: bytes) -> bytes:
    slot = "0x" + slot_of(path).hex()
    found = rpc.call("eth_getStorageAt", "0x" + handler.address.hex(), slot, "latest")
    return bytes.fromhex(found[2:])


@pytest.fixture
def rig(rpc: JsonRpc, owner: Sender) -> Rig:
    handler = deploy_handler(owner)
    client, module = deploy(owner, "MockClient"), deploy(owner, "MockModule")
    handler.transact(owner, "registerClient", "mock-client", client.address)
    handler.transact(owner, "bindPort", "mock", module.address)
    handler.transact(owner, "createClient", ("mock-client", b"client state", state()))
    return Rig(rpc, owner, handler, client, module)


@pytest.fixture
def seller(rpc: JsonRpc) -> Sender:
    made = Sender(rpc, sha256(b"seller"))
    rpc.call("anvil_setBalance", "0x" + made.address.hex(), hex(10**20))
    return made


@pytest.fixture(scope="session")
def service() -> AttestationService:
    return AttestationService()


@pytest.fixture(scope="session")
def light_client(owner: Sender, service: AttestationService) -> Contract:
    return deploy_lcp_client(owner, owner.address, service.root, development=True)


@pytest.fixture
def empty(owner: Sender, light_client: Contract, service: AttestationService) -> Lcp:
    """No client yet; each test has an id of its own."""
    return Lcp(owner, light_client, service, Enclave(), f"lcp-client-{time.monotonic_ns()}")


@pytest.fixture
def lcp(empty: Lcp) -> Lcp:
    """A client with a registered key, activated at height 1."""
    empty.create()
    empty.register()
    empty.update(update_state(NONE, 1, STATE_1, emitted=True))
    return empty


@pytest.fixture
def june_2024() -> Iterator[Sender]:
    """A chain at the time when the recorded reports were new."""
    anvil = Anvil.start(free_port(), timestamp=JUNE_2024)
    yield Sender(anvil.rpc, DEPLOYER)
    anvil.stop()
