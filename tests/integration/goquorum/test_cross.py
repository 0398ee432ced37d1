"""Our Cross modules on an EVM: the framework's bytes, access rules, and attempts at the asset."""

import pytest

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.signatures import address_of
from goquorum.deploy import deploy
from goquorum.endpoint.account import Contract, Receipt, Sender
from tests.integration.goquorum import channels
from tests.integration.goquorum.channels import open_channel, open_connection
from tests.integration.goquorum.conftest import HEIGHT, Rig, membership, refused, sha256
from tests.integration.goquorum.packets import SAMPLE_CALL
from tests.integration.goquorum.wire import message, number, text

pytestmark = pytest.mark.integration
OK_ACK = bytes.fromhex(
    "0801123d0a0012390a332f63726f73732e636f72652e61746f6d69632e73696d706c652e5061636b657441636b"
    "6e6f776c656467656d656e7443616c6c12020801"
)
FAILED_ACK = OK_ACK[:-1] + b"\2"
TX_ID = sha256(b"transaction")
FAR = (0, 2**64 - 1)
FOREVER = 2**64 - 1
LOCAL, CHANNEL = 1, 2


def any_(type_url: str, value: bytes) -> bytes:
    return text(1, type_url) + text(2, value)


def packet_data(type_url: str, value: bytes) -> bytes:
    return message(1, b"") + message(2, any_(type_url, value))


def call_data(call_info: bytes, signers: list[tuple[bytes, int]], tx_id: bytes = TX_ID) -> bytes:
    """PacketDataCall as the coordinator sends it."""
    accounts = b"".join(
        message(2, text(1, id_) + message(2, number(1, mode))) for id_, mode in signers
    )
    resolved = message(1, any_("/cross.core.xcc.ChannelInfo", b"")) + accounts + text(3, call_info)
    call = text(1, tx_id) + message(2, resolved)
    return packet_data("/cross.core.atomic.simple.PacketDataCall", call)


class Bridge:
    """The Cross modules of a rig with an open channel each; the counterparty's side is ours."""

    def __init__(self, rig: Rig, cross: Contract, auth: Contract) -> None:
        self.rig, self.cross, self.auth = rig, cross, auth
        for module, port in ((cross, "cross"), (auth, "cross-auth")):
            rig.handler.transact(rig.owner, "bindPort", port, module.address)
            module.transact(rig.owner, "listClient", rig.client_id, True)
        self.calls = open_channel(rig, "cross", "cross-1")
        self.signs = open_channel(rig, "cross-auth", "cross-1")
        self.sequence = 0

    @property
    def called(self) -> Contract:
        """The contract that the Cross module calls."""
        return self.rig.module

    def call(self, data: bytes) -> bytes:
        """Deliver a packet to the Cross module; its acknowledgement."""
        self.sequence += 1
        theirs = (self.calls.their_port, self.calls.their_channel)
        packet = (self.sequence, *theirs, "cross", self.calls.channel, data, FAR, 0)
        path = f"commitments/ports/{theirs[0]}/channels/{theirs[1]}/sequences/{self.sequence}"
        heights = b"".join(part.to_bytes(8, "big") for part in (0, *FAR))
        proof = self.calls.rig.prove(path.encode(), sha256(heights + sha256(data)))
        receipt = self.rig.handler.transact(self.rig.owner, "recvPacket", (packet, proof, HEIGHT))
        return bytes(self.rig.handler.events(receipt)[-1].arguments["acknowledgement"])

    def sign(
        self, sender: Sender, call_info: bytes, tx_id: bytes = TX_ID, until: int = FOREVER
    ) -> Receipt:
        message = (self.signs.channel, tx_id, call_info, FAR, 0, self.called.address, until)
        return self.auth.transact(sender, "ibcSignTx", message)

    def agreed(self, signer: Sender) -> bytes:
        """The hash of the call that somebody agreed to."""
        found: bytes = self.auth.view("agreedCallInfo", TX_ID, signer.address)[0]
        return found


@pytest.fixture
def mock(rig: Rig) -> Bridge:
    """Cross over a contract that counts calls."""
    handler = rig.handler.address
    cross = deploy(rig.owner, "CrossSimpleModule", handler, rig.module.address)
    return Bridge(rig, cross, deploy(rig.owner, "CrossAuthModule", handler))


# --- the participant ----------------------------------------------------------------------------


def test_the_recorded_call_is_run_and_acknowledged_byte_for_byte(mock: Bridge) -> None:
    assert mock.call(SAMPLE_CALL) == OK_ACK
    assert mock.rig.module.view("called") == (1,)


def test_a_contract_that_reverts_makes_a_failed_acknowledgement(mock: Bridge) -> None:
    assert mock.call(call_data(b"revert", [])) == FAILED_ACK
    assert mock.rig.module.view("called") == (0,)


def test_a_transaction_is_called_once(mock: Bridge) -> None:
    assert mock.call(call_data(b"x", [])) == OK_ACK
    assert mock.call(call_data(b"x", [])) == FAILED_ACK
    assert mock.rig.module.view("called") == (1,)
    assert mock.call(call_data(b"x", [], sha256(b"another"))) == OK_ACK


def test_a_packet_that_is_no_call_reverts(mock: Bridge) -> None:
    other = packet_data("/cross.core.auth.PacketDataIBCSignTx", b"")
    assert refused(lambda: mock.call(other)) == "UnexpectedTypeURL"


def test_too_little_gas_is_no_failure_of_the_call(mock: Bridge) -> None:
    """Whatever gas a relayer sends: the call is done, or the packet isn't received."""
    rig, theirs = mock.rig, (mock.calls.their_port, mock.calls.their_channel)
    data = call_data(b"x", [])
    path = f"commitments/ports/{theirs[0]}/channels/{theirs[1]}/sequences/1".encode()
    heights = b"".join(part.to_bytes(8, "big") for part in (0, *FAR))
    packet = (1, *theirs, "cross", mock.calls.channel, data, FAR, 0)
    arguments = (packet, membership(path, sha256(heights + sha256(data))), HEIGHT)
    for gas in range(150_000, 400_000, 2_500):
        encoded = rig.handler.interface.call("recvPacket", arguments)
        receipt = rig.owner.wait(rig.owner.send(rig.handler.address, encoded, gas=gas))
        if receipt.succeeded:
            ack = rig.handler.events(receipt)[-1].arguments["acknowledgement"]
            assert ack == OK_ACK
            return
    pytest.fail("no amount of gas was enough")


@pytest.mark.parametrize("name", ["onRecvPacket", "onAcknowledgementPacket", "onTimeoutPacket"])
def test_only_the_handler_calls_back(mock: Bridge, name: str) -> None:
    packet = (1, "a", "b", "cross", "channel-0", SAMPLE_CALL, FAR, 0)
    relayer = bytes(20)
    arguments = {"onAcknowledgementPacket": (packet, b"", relayer)}.get(name, (packet, relayer))
    for module in (mock.cross, mock.auth):
        attempt = lambda m=module: m.transact(mock.rig.owner, name, *arguments)
        assert refused(attempt) == "IBCModuleInvalidSender"


# --- channels -----------------------------------------------------------------------------------


def test_only_channels_over_a_listed_client_are_admitted(rig: Rig) -> None:
    cross = deploy(rig.owner, "CrossSimpleModule", rig.handler.address, rig.module.address)
    rig.do("bindPort", "cross", cross.address)
    assert refused(lambda: open_channel(rig, "cross", "cross-1")) == "CrossUnlistedClient"
    cross.transact(rig.owner, "listClient", rig.client_id, True)
    open_channel(rig, "cross", "cross-1")
    cross.transact(rig.owner, "listClient", rig.client_id, False)
    assert refused(lambda: open_channel(rig, "cross", "cross-1")) == "CrossUnlistedClient"


def test_packets_over_a_client_that_is_listed_no_more_are_refused(mock: Bridge) -> None:
    owner, client = mock.rig.owner, mock.rig.client_id
    mock.cross.transact(owner, "listClient", client, False)
    assert refused(lambda: mock.call(SAMPLE_CALL)) == "CrossUnlistedClient"
    assert mock.rig.module.view("called") == (0,)
    mock.cross.transact(owner, "listClient", client, True)
    assert mock.call(SAMPLE_CALL) == OK_ACK


def test_only_the_owner_lists_clients(mock: Bridge, seller: Sender) -> None:
    attempt = lambda: mock.cross.transact(seller, "listClient", "mock-client-1", True)
    assert refused(attempt) == "OwnableUnauthorizedAccount"


def test_another_version_is_refused_and_channels_stay_open(mock: Bridge) -> None:
    rig = mock.rig
    assert refused(lambda: open_channel(rig, "cross", "ics20-1")) == "CrossVersionNotSupported"
    close = lambda: rig.do("channelCloseInit", ("cross", mock.calls.channel))
    assert refused(close) == "IBCModuleChannelCloseNotAllowed"


def test_a_channel_begun_here_gets_the_frameworks_version(mock: Bridge) -> None:
    connection = open_connection(mock.rig)
    begun = (1, 1, ("cross", ""), (connection,), "", 0)
    mock.rig.do("channelOpenInit", ("cross", begun))
    newest = f"channel-{channels.rig_channels(mock.rig, 'cross')}"
    assert mock.rig.handler.view("getChannel", "cross", newest)[0][4] == "cross-1"


# --- signing ------------------------------------------------------------------------------------


def sign_packet(mock: Bridge, sequence: int, data: bytes) -> tuple[object, ...]:
    theirs = (mock.signs.their_port, mock.signs.their_channel)
    return (sequence, "cross-auth", mock.signs.channel, *theirs, data, FAR, 0)


def sign_data(signer: bytes, tx_id: bytes = TX_ID) -> bytes:
    """PacketDataIBCSignTx with one signer."""
    height = number(2, FAR[1])
    value = text(1, tx_id) + message(2, signer) + message(3, height)
    return packet_data("/cross.core.auth.PacketDataIBCSignTx", value)


def signed_ack(status: int, success: int = 1) -> bytes:
    value = number(1, status)
    result = packet_data("/cross.core.auth.PacketAcknowledgementIBCSignTx", value)
    return number(1, success) + message(2, result)


def acknowledge(mock: Bridge, packet: tuple[object, ...], ack: bytes) -> None:
    path = f"acks/ports/{packet[3]}/channels/{packet[4]}/sequences/{packet[0]}".encode()
    mock.rig.do("acknowledgePacket", (packet, ack, membership(path, sha256(ack)), HEIGHT))


def test_a_signature_names_its_sender_alone(mock: Bridge, seller: Sender) -> None:
    receipt = mock.sign(seller, b"call")
    sent = mock.rig.handler.events(receipt)[0].arguments
    assert sent["data"] == sign_data(seller.address)
    assert mock.agreed(seller) == keccak256(b"call")
    assert mock.agreed(mock.rig.owner) == bytes(32)


def test_nobody_agrees_to_two_calls_of_one_transaction(mock: Bridge, seller: Sender) -> None:
    mock.sign(seller, b"call")
    mock.sign(seller, b"call")
    assert refused(lambda: mock.sign(seller, b"other")) == "CrossAgreedToAnotherCall"
    assert refused(lambda: mock.sign(seller, b"call", b"short")) == "CrossInvalidTxID"


def test_a_taken_signature_stays(mock: Bridge, seller: Sender) -> None:
    mock.sign(seller, b"call")
    acknowledge(mock, sign_packet(mock, 1, sign_data(seller.address)), signed_ack(1))
    assert mock.agreed(seller) == keccak256(b"call")


@pytest.mark.parametrize("ack", [signed_ack(2), signed_ack(0), signed_ack(1, 0), b"\x08\x00"])
def test_a_refused_signature_binds_nobody(mock: Bridge, seller: Sender, ack: bytes) -> None:
    mock.sign(seller, b"call")
    acknowledge(mock, sign_packet(mock, 1, sign_data(seller.address)), ack)
    assert mock.agreed(seller) == bytes(32)


def test_a_signature_given_again_outlives_the_first_ones_time_out(
    mock: Bridge, seller: Sender
) -> None:
    mock.sign(seller, b"call")
    mock.sign(seller, b"call")
    acknowledge(mock, sign_packet(mock, 1, sign_data(seller.address)), signed_ack(2))
    assert mock.agreed(seller) == keccak256(b"call")
    acknowledge(mock, sign_packet(mock, 2, sign_data(seller.address)), signed_ack(2))
    assert mock.agreed(seller) == bytes(32)


# --- the asset ----------------------------------------------------------------------------------

TOKEN_ID = 7
BUYER_KEY = sha256(b"buyer")
BUYER = address_of(BUYER_KEY)


class Assets(Bridge):
    """Cross over the asset module; the seller has token 7."""

    def __init__(self, rig: Rig, seller: Sender) -> None:
        handler = rig.handler.address
        auth = deploy(rig.owner, "CrossAuthModule", handler)
        self.transfers = deploy(rig.owner, "AssetTransferModule", auth.address)
        cross = self.deploy_cross(rig)
        self.token = deploy(rig.owner, "AssetToken", "Asset", "A")
        self.token.transact(rig.owner, "mint", seller.address, TOKEN_ID)
        self.seller = seller
        super().__init__(rig, cross, auth)

    def deploy_cross(self, rig: Rig) -> Contract:
        """What is bound to the port; it calls the asset module."""
        made = deploy(rig.owner, "CrossSimpleModule", rig.handler.address, self.transfers.address)
        self.transfers.transact(rig.owner, "bindCross", made.address)
        return made

    @property
    def called(self) -> Contract:
        return self.transfers

    @property
    def call_info(self) -> bytes:
        words = (self.token.address, self.seller.address, BUYER, TOKEN_ID.to_bytes(32, "big"))
        return b"".join(word.rjust(32, b"\0") for word in words)

    @property
    def data(self) -> bytes:
        """The packet of the call that the seller means, with his signature."""
        return call_data(self.call_info, [(self.seller.address, CHANNEL)])

    def approve(self) -> None:
        self.token.transact(self.seller, "approve", self.transfers.address, TOKEN_ID)

    def sell_back(self) -> None:
        """The buyer gives the token to the seller, who so has it once more."""
        buyer = Sender(self.rig.rpc, BUYER_KEY)
        self.rig.rpc.call("anvil_setBalance", "0x" + BUYER.hex(), hex(10**20))
        self.token.transact(buyer, "transferFrom", BUYER, self.seller.address, TOKEN_ID)

    def owner_of(self) -> bytes:
        return bytes.fromhex(self.token.view("ownerOf", TOKEN_ID)[0][2:])


@pytest.fixture
def assets(rig: Rig, seller: Sender) -> Assets:
    return Assets(rig, seller)


def test_the_asset_moves_when_all_three_come_together(assets: Assets) -> None:
    assets.approve()
    assets.sign(assets.seller, assets.call_info)
    assert assets.call(assets.data) == OK_ACK
    assert assets.owner_of() == BUYER


@pytest.mark.parametrize("missing", ["approval", "record", "signer", "mode", "terms"])
def test_the_asset_stays_when_one_is_missing(assets: Assets, missing: str) -> None:
    if missing != "approval":
        assets.approve()
    if missing != "record":
        agreed = b"other terms" if missing == "terms" else assets.call_info
        assets.sign(assets.seller, agreed)
    mode = LOCAL if missing == "mode" else CHANNEL
    signer = BUYER if missing == "signer" else assets.seller.address
    assert assets.call(call_data(assets.call_info, [(signer, mode)])) == FAILED_ACK
    assert assets.owner_of() == assets.seller.address


def test_only_the_bound_cross_module_moves_assets(assets: Assets) -> None:
    assets.approve()
    assets.sign(assets.seller, assets.call_info)
    context = (TX_ID, 1, ((assets.seller.address, (CHANNEL, ("", b""))),))
    owner = assets.rig.owner
    direct = lambda: assets.transfers.transact(owner, "onContractCall", context, assets.call_info)
    assert refused(direct) == "AssetCallerIsNotCross"
    rebind = lambda: assets.transfers.transact(owner, "bindCross", owner.address)
    assert refused(rebind) == "AssetCrossAlreadyBound"
    assert assets.owner_of() == assets.seller.address
