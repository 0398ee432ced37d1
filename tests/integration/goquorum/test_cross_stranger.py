"""A stranger with an enclave of his own, attested like any other: it proves whatever he likes."""

from dataclasses import dataclass, field

import pytest

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from goquorum.deploy import LCP_CLIENT_TYPE, deploy_lcp_client
from goquorum.endpoint.account import Contract, Sender
from tests.integration.goquorum import enclave
from tests.integration.goquorum.channels import Opened, open_channel, open_connection
from tests.integration.goquorum.conftest import HEIGHT, Rig, refused
from tests.integration.goquorum.enclave import AttestationService, Enclave
from tests.integration.goquorum.lcp import NONE, STATE_1, Lcp
from tests.integration.goquorum.test_cross import BUYER, OK_ACK, Assets

pytestmark = pytest.mark.integration
HIS_MEASUREMENT = b"\x66" * 32


@dataclass
class Attested(Rig):
    """A rig over a client of LCP's; the enclave signs what its owner wants."""

    lcp: Lcp = field(kw_only=True)

    def prove(self, path: bytes, value: bytes) -> bytes:
        statement = enclave.membership(path, keccak256(value), HEIGHT[1], STATE_1)
        return enclave.proofs(statement, self.lcp.enclave.sign(statement))


def attested(
    rig: Rig, client: Contract, service: AttestationService, measurement: bytes
) -> Attested:
    """A client whose key was registered by a report, and that knows a state of the other chain."""
    states = (enclave.client_state(mrenclave=measurement), enclave.EMPTY_CONSENSUS)
    made = str(rig.do("createClient", (LCP_CLIENT_TYPE, *states))["clientId"])
    lcp = Lcp(rig.owner, client, service, Enclave(), made)
    assert lcp.register(mrenclave=measurement) == ["RegisteredEnclaveKey"]
    lcp.update(enclave.update_state(NONE, HEIGHT[1], STATE_1, emitted=True))
    rig.handler.transact(rig.owner, "updateClientCommitments", made, [HEIGHT])
    return Attested(rig.rpc, rig.owner, rig.handler, client, rig.module, made, lcp=lcp)


@dataclass
class Scene:
    """A seller who approved and agreed, the client that the owner lists, and the stranger's."""

    assets: Assets
    listed: Attested
    stranger: Attested


@pytest.fixture
def scene(rig: Rig, seller: Sender, service: AttestationService) -> Scene:
    client = deploy_lcp_client(rig.owner, rig.handler.address, service.root, development=True)
    rig.handler.transact(rig.owner, "registerClient", LCP_CLIENT_TYPE, client.address)
    listed = attested(rig, client, service, enclave.MRENCLAVE)
    assets = Assets(listed, seller)
    assets.approve()
    assets.sign(seller, assets.call_info)
    return Scene(assets, listed, attested(rig, client, service, HIS_MEASUREMENT))


def test_no_channel_opens_over_a_strangers_enclave(scene: Scene) -> None:
    open_connection(scene.stranger)
    opening = lambda: open_channel(scene.stranger, "cross", "cross-1")
    assert refused(opening) == "CrossUnlistedClient"
    assert scene.assets.owner_of() == scene.assets.seller.address


def list_stranger(scene: Scene, *, listed: bool) -> None:
    owner, client = scene.assets.rig.owner, scene.stranger.client_id
    scene.assets.cross.transact(owner, "listClient", client, listed)


def test_it_is_the_list_that_keeps_him_out(scene: Scene) -> None:
    """Listed by mistake, he could move the token; the owner's second thought ends that at once."""
    assets = scene.assets
    list_stranger(scene, listed=True)
    assets.calls = open_channel(scene.stranger, "cross", "cross-1")
    list_stranger(scene, listed=False)
    assert refused(lambda: assets.call(assets.data)) == "CrossUnlistedClient"
    assert assets.owner_of() == assets.seller.address
    list_stranger(scene, listed=True)
    assert assets.call(assets.data) == OK_ACK
    assert assets.owner_of() == BUYER


def test_what_one_client_proves_another_does_not(scene: Scene) -> None:
    """The stranger's statements on the channel of the client that is listed."""
    assets = scene.assets
    assets.calls = Opened(scene.stranger, assets.calls.connection, assets.calls.channel)
    assert refused(lambda: assets.call(assets.data)) == "LCPClientEnclaveKeyNotExist"
    assert assets.owner_of() == assets.seller.address
