"""A chain of the twins' own, put back before each story."""

from collections.abc import Callable, Iterator

import pytest

from goquorum.deploy import deploy, deploy_handler
from goquorum.devnet.ports import free_port
from goquorum.endpoint.account import Sender
from goquorum.quick.anvil import Anvil
from tests.integration.goquorum.conftest import DEPLOYER, Rig
from tests.integration.goquorum.twins.pair import PORT, Twins


@pytest.fixture(scope="package")
def ground() -> Iterator[Rig]:
    """A handler with nothing in it but a mock client's type and a mock module's port."""
    anvil = Anvil.start(free_port())
    owner = Sender(anvil.rpc, DEPLOYER)
    handler = deploy_handler(owner)
    client, module = deploy(owner, "MockClient"), deploy(owner, "MockModule")
    handler.transact(owner, "registerClient", "mock-client", client.address)
    handler.transact(owner, "bindPort", PORT, module.address)
    yield Rig(anvil.rpc, owner, handler, client, module)
    anvil.stop()


@pytest.fixture
def fresh(ground: Rig) -> Iterator[Callable[[], Twins]]:
    """Makes twins on a chain that nothing has happened to."""
    snapshots = [ground.rpc.call("evm_snapshot")]

    def put_back() -> None:
        assert ground.rpc.call("evm_revert", snapshots.pop())
        snapshots.append(ground.rpc.call("evm_snapshot"))

    def make() -> Twins:
        put_back()
        return Twins(ground)

    yield make
    put_back()
