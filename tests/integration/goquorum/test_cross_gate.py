"""A Cross module behind our gate, which it takes for its handler: one that keeps no list."""

import pytest

from goquorum.deploy import deploy
from goquorum.endpoint.account import Contract, Sender
from goquorum.endpoint.json_rpc import JsonRpc
from tests.integration.goquorum.channels import open_channel
from tests.integration.goquorum.conftest import Rig, refused
from tests.integration.goquorum.packets import SAMPLE_CALL
from tests.integration.goquorum.test_cross import (
    FAILED_ACK,
    FAR,
    OK_ACK,
    Assets,
    Bridge,
    call_data,
)

pytestmark = pytest.mark.integration
STRANGER = b"\x07" * 32


@pytest.fixture
def gate(rig: Rig) -> Contract:
    return deploy(rig.owner, "CrossClientGate", rig.handler.address)


@pytest.fixture
def behind(rig: Rig, gate: Contract) -> Contract:
    module = deploy(rig.owner, "MockCrossModule", gate.address, rig.module.address)
    gate.transact(rig.owner, "bindModule", module.address)
    return module


def test_packets_pass_and_their_answers_come_back(
    rig: Rig, gate: Contract, behind: Contract
) -> None:
    auth = deploy(rig.owner, "CrossAuthModule", rig.handler.address)
    bridge = Bridge(rig, gate, auth)
    assert bridge.call(SAMPLE_CALL) == OK_ACK
    assert bridge.call(call_data(b"revert", [])) == FAILED_ACK
    assert rig.module.view("called") == (1,)
    assert refused(lambda: bridge.call(b"")) == "UnexpectedTypeURL"
    (bound,) = rig.handler.view("getIBCModuleByChannel", "cross", bridge.calls.channel)
    assert bound == "0x" + gate.address.hex() != "0x" + behind.address.hex()


@pytest.mark.usefixtures("behind")
def test_packets_over_a_client_that_is_listed_no_more_are_refused(rig: Rig, gate: Contract) -> None:
    bridge = Bridge(rig, gate, deploy(rig.owner, "CrossAuthModule", rig.handler.address))
    gate.transact(rig.owner, "listClient", rig.client_id, False)
    assert refused(lambda: bridge.call(SAMPLE_CALL)) == "CrossUnlistedClient"
    assert rig.module.view("called") == (0,)


class GatedAssets(Assets):
    """The asset module is called by a Cross module that runs a transaction again and again."""

    def deploy_cross(self, rig: Rig) -> Contract:
        gate = deploy(rig.owner, "CrossClientGate", rig.handler.address)
        module = deploy(rig.owner, "MockCrossModule", gate.address, self.transfers.address)
        gate.transact(rig.owner, "bindModule", module.address)
        self.transfers.transact(rig.owner, "bindCross", module.address)
        return gate


def test_a_second_packet_of_the_same_call_moves_nothing(rig: Rig, seller: Sender) -> None:
    assets = GatedAssets(rig, seller)
    assets.approve()
    assets.sign(seller, assets.call_info)
    assert assets.call(assets.data) == OK_ACK
    assets.sell_back()
    assets.approve()
    assert assets.call(assets.data) == FAILED_ACK
    assert assets.owner_of() == seller.address


@pytest.mark.usefixtures("behind")
def test_only_channels_over_a_listed_client_are_admitted(rig: Rig, gate: Contract) -> None:
    rig.do("bindPort", "cross", gate.address)
    assert refused(lambda: open_channel(rig, "cross", "cross-1")) == "CrossUnlistedClient"
    gate.transact(rig.owner, "listClient", rig.client_id, True)
    open_channel(rig, "cross", "cross-1")


def test_only_the_handler_calls_the_gate_and_only_the_gate_its_module(
    rig: Rig, gate: Contract, behind: Contract
) -> None:
    packet = (1, "a", "b", "cross", "channel-0", SAMPLE_CALL, FAR, 0)
    calls: dict[str, tuple[object, ...]] = {
        "onRecvPacket": (packet, bytes(20)),
        "onAcknowledgementPacket": (packet, b"", bytes(20)),
        "onTimeoutPacket": (packet, bytes(20)),
    }
    for name, arguments in calls.items():
        for module in (gate, behind):
            attempt = lambda m=module, n=name, a=arguments: m.transact(rig.owner, n, *a)
            assert refused(attempt) == "IBCModuleInvalidSender"


def test_its_owner_names_the_module_behind_it_once(
    rig: Rig, gate: Contract, behind: Contract, rpc: JsonRpc
) -> None:
    again = lambda: gate.transact(rig.owner, "bindModule", behind.address)
    assert refused(again) == "CrossModuleAlreadyBound"
    other = deploy(rig.owner, "CrossClientGate", rig.handler.address)
    attempt = lambda: other.transact(Sender(rpc, STRANGER), "bindModule", behind.address)
    assert refused(attempt) == "OwnableUnauthorizedAccount"
