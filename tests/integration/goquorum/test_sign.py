"""`goquorum sign`, and the call of the same terms as Corda sends it, on the real contracts."""

import json
import time
from pathlib import Path

import pytest

from corda_sim.cli.main import FAILED, run
from corda_sim.cross.atomic.simple.types import PacketDataCall
from corda_sim.cross.auth.types import PacketDataIBCSignTx
from corda_sim.cross.packets.types import PacketData
from corda_sim.cross.tx.types import ResolvedContractTransaction
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from flows.dvp.terms import Terms
from goquorum.bridge_file import BridgeFile
from goquorum.deploy import Deployment
from goquorum.endpoint.account import Sender
from tests.integration.goquorum.channels import open_channel
from tests.integration.goquorum.conftest import Rig, refused, sha256
from tests.integration.goquorum.test_cross import BUYER, FAILED_ACK, OK_ACK, TOKEN_ID, Assets
from tests.unit.flows.dvp.terms import TERMS

pytestmark = pytest.mark.integration
SECRET = sha256(b"seller of terms")
DAY = 86_400


class Sale:
    """Terms about a token that is there, with the files that a seller has."""

    def __init__(self, rig: Rig, directory: Path) -> None:
        self.seller = Sender(rig.rpc, SECRET)
        rig.rpc.call("anvil_setBalance", "0x" + self.seller.address.hex(), hex(10**20))
        self.rig, self.assets = rig, Assets(rig, self.seller)
        self.terms = self._terms()
        self.files = {name: directory / name for name in ("terms.json", "bridge.json", "key")}
        self.files["terms.json"].write_text(self.terms.text)
        self.files["key"].write_text(SECRET.hex())
        self.files["key"].chmod(0o600)
        assets = self.assets
        parts = (assets.cross, assets.auth, assets.transfers, assets.token)
        made = Deployment(rig.handler, rig.client, *parts)
        BridgeFile.of(rig.rpc, 0, made).write(self.files["bridge.json"])

    def _terms(self) -> Terms:
        seller = TERMS.seller.model_copy(update={"address": self.seller.address})
        buyer = TERMS.buyer.model_copy(update={"address": BUYER})
        asset = TERMS.asset.model_copy(
            update={"contract": self.assets.token.address, "token": TOKEN_ID}
        )
        bridge = TERMS.bridge.model_copy(update={"auth_counterparty": self.assets.signs.channel})
        parts = {"seller": seller, "buyer": buyer, "asset": asset, "bridge": bridge}
        return TERMS.model_copy(update={**parts, "expires": int(time.time()) + DAY})

    def sign(self, tx_id: bytes) -> int:
        """Run the command; its exit code."""
        terms = f"--terms={self.files['terms.json']}"
        return run(["goquorum", "sign", tx_id.hex(), terms, *self.options])

    def withdraw(self) -> int:
        """Run the command; its exit code."""
        return run(["goquorum", "withdraw", self.terms.tx_id.hex(), *self.options])

    @property
    def options(self) -> list[str]:
        """What a command needs that sends."""
        files = [f"--key={self.files['key']}", f"--bridge={self.files['bridge.json']}"]
        return [*files, f"--rpc={self.rig.rpc.url}", "--json"]

    def approve(self) -> None:
        """The owner lets the module move the token; the command has used up his old nonce."""
        owner = Sender(self.rig.rpc, SECRET)
        self.assets.token.transact(owner, "approve", self.assets.transfers.address, TOKEN_ID)

    def call(self, terms: Terms) -> bytes:
        """What the chain answers to the call that Corda makes of some terms."""
        other = terms.message.contract_transactions[1]
        resolved = ResolvedContractTransaction(
            other.cross_chain_channel, other.signers, other.call_info, other.return_value
        )
        return self.assets.call(PacketData.of(PacketDataCall(self.terms.tx_id, resolved)).encode())

    @property
    def agreed(self) -> bytes:
        """The hash of the call that the seller agreed to."""
        found: bytes = self.assets.auth.view(
            "agreedCallInfo", self.terms.tx_id, self.seller.address
        )[0]
        return found


@pytest.fixture
def sale(rig: Rig, tmp_path: Path) -> Sale:
    return Sale(rig, tmp_path)


def test_the_seller_signs_his_terms_and_the_token_moves(
    sale: Sale, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sale.sign(sale.terms.tx_id) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["tx_id"] == sale.terms.tx_id.hex()
    assert sale.agreed == keccak256(sale.terms.asset_call)
    receipt = sale.seller.wait(document["transaction"])
    (sent,) = sale.rig.handler.events(receipt)
    packet = PacketData.decode(sent.arguments["data"]).payload.unpack(PacketDataIBCSignTx)
    assert (packet.tx_id, packet.signers) == (sale.terms.tx_id, (sale.seller.address,))
    assert (packet.timeout_height.revision_height, packet.timeout_timestamp) == (2**64 - 1, 0)
    sale.approve()
    assert sale.call(sale.terms) == OK_ACK
    assert sale.assets.owner_of() == BUYER


def test_a_seller_who_withdraws_keeps_his_token(sale: Sale) -> None:
    assert sale.sign(sale.terms.tx_id) == 0
    assert sale.withdraw() == 0
    assert sale.agreed == bytes(32)
    sale.approve()
    assert sale.call(sale.terms) == FAILED_ACK
    assert sale.assets.owner_of() == sale.seller.address


def test_nothing_is_withdrawn_twice(sale: Sale, capsys: pytest.CaptureFixture[str]) -> None:
    assert sale.sign(sale.terms.tx_id) == 0
    assert (sale.withdraw(), sale.withdraw()) == (0, FAILED)
    assert "CrossNothingAgreed" in capsys.readouterr().err


def test_after_the_terms_end_the_call_moves_nothing(sale: Sale) -> None:
    """The offer that was signed ends with the newest block; the call comes in a later one."""
    newest = sale.rig.rpc.call("eth_getBlockByNumber", "latest", False)
    sale.terms = sale.terms.model_copy(update={"expires": int(newest["timestamp"], 16)})
    sale.files["terms.json"].write_text(sale.terms.text)
    assert sale.sign(sale.terms.tx_id) == 0
    sale.approve()
    assert sale.call(sale.terms) == FAILED_ACK
    assert sale.assets.owner_of() == sale.seller.address


def test_a_client_that_the_owner_revokes_moves_nothing(sale: Sale) -> None:
    """The modules' owner is the key that the commands have."""
    assert sale.sign(sale.terms.tx_id) == 0
    sale.approve()
    for module in (sale.assets.cross, sale.assets.auth):
        module.transact(sale.rig.owner, "transferOwnership", sale.seller.address)
    assert run(["goquorum", "revoke", sale.rig.client_id, *sale.options]) == 0
    assert refused(lambda: sale.call(sale.terms)) == "CrossUnlistedClient"
    for port in ("cross", "cross-auth"):
        opening = lambda at=port: open_channel(sale.rig, at, "cross-1")
        assert refused(opening) == "CrossUnlistedClient"
    assert sale.assets.owner_of() == sale.seller.address


def test_another_call_than_that_of_the_terms_moves_nothing(sale: Sale) -> None:
    assert sale.sign(sale.terms.tx_id) == 0
    sale.approve()
    thief = sale.terms.buyer.model_copy(update={"address": b"\x66" * 20})
    assert sale.call(sale.terms.model_copy(update={"buyer": thief})) == FAILED_ACK
    assert sale.assets.owner_of() == sale.seller.address


def test_another_transaction_isnt_signed(sale: Sale, capsys: pytest.CaptureFixture[str]) -> None:
    assert sale.sign(bytes(32)) == FAILED
    assert "TermsRefused" in capsys.readouterr().err
    assert sale.agreed == bytes(32)


def test_the_sellers_key_signs_for_nobody_else(
    sale: Sale, capsys: pytest.CaptureFixture[str]
) -> None:
    other = sale.terms.seller.model_copy(update={"address": b"\x66" * 20})
    terms = sale.terms.model_copy(update={"seller": other})
    sale.files["terms.json"].write_text(terms.text)
    assert sale.sign(terms.tx_id) == FAILED
    assert "the seller is 0x6666" in capsys.readouterr().err
    assert sale.agreed == bytes(32)
