"""What LCP made: reports of a real (01) and a simulated (02) enclave, and what they signed."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.light_client import Proof
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.signatures import recover_address
from corda_sim.ibc.lightclients.lcp.attestation import AttestationRoot
from corda_sim.ibc.lightclients.lcp.client import LcpClient
from corda_sim.ibc.lightclients.lcp.context import TrustingPeriod
from corda_sim.ibc.lightclients.lcp.eip712 import UNIVERSAL
from corda_sim.ibc.lightclients.lcp.errors import (
    AVRInvalid,
    LCPClientEnclaveKeyExpired,
    LCPClientMembershipMismatch,
    LCPClientUpdateStateUnexpectedPrevStateId,
)
from corda_sim.ibc.lightclients.lcp.messages import (
    CommitmentProofs,
    UpdateState,
    VerifyMembership,
    aggregate,
    decode_message,
    encode_message,
)
from corda_sim.ibc.lightclients.lcp.report import parse_report
from corda_sim.ibc.lightclients.lcp.state_id import state_id_of
from corda_sim.ibc.lightclients.lcp.types import (
    ClientState,
    ConsensusState,
    RegisterEnclaveKeyMessage,
    UpdateClientMessage,
)
from corda_sim.ibc.store import MemoryStore
from tests.unit.ibc.enclave import moment

pytestmark = pytest.mark.vectors

ROOTS = {"01": "Intel_SGX_Attestation_RootCA.der", "02": "simulation_rootca.der"}
KEYS = {
    "01": "836fec0cc99ed0242ed02fbaab648652b2372e41",
    "02": "ffc9bdf025ec63065572f86d8f3ee49fbc0dfb66",
}
EXPIRATION = 7 * 86400


class Recorded:
    """One folder of vectors."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder / "lcp" / name, name
        self.root = (folder / "lcp" / "certs" / ROOTS[name]).read_bytes()
        self.report = self.read("001-avr")
        self.time = int(self.read("002-init_client_input")["current_timestamp"])

    def read(self, name: str) -> Any:  # noqa: ANN401 - JSON
        return json.loads((self.folder / name).read_text())

    def signed(self, name: str) -> tuple[bytes, bytes]:
        found = self.read(f"{name}_result")
        found = found.get("proof", found)
        return base64.b64decode(found["message"]), base64.b64decode(found["signature"])

    def any(self, name: str, key: str) -> AnyMessage:
        found = self.read(name)[key]
        return AnyMessage(found["type_url"], base64.b64decode(found["value"]))

    @property
    def registration(self) -> RegisterEnclaveKeyMessage:
        avr = self.report
        parts = (base64.b64decode(avr[key]) for key in ("signature", "signing_cert"))
        return RegisterEnclaveKeyMessage(avr["avr"].encode(), *parts)

    def client_state(self) -> ClientState:
        report = parse_report(self.report["avr"].encode())
        return ClientState(
            report.mrenclave,
            EXPIRATION,
            allowed_quote_statuses=(report.quote_status,),
            allowed_advisory_ids=report.advisory_ids,
        )


class Verifier:
    """Our client, set up for a recording."""

    def __init__(self, recorded: Recorded) -> None:
        self.recorded = recorded
        self.client = LcpClient(AttestationRoot(recorded.root, development_mode=True), UNIVERSAL)
        self.store = ClientStore(MemoryStore(), "lcp-client-0")
        self.now = moment(recorded.time + 5)
        states = (AnyMessage.pack(recorded.client_state()), AnyMessage.pack(ConsensusState()))
        self.client.initialise(self.store, *states, self.now)
        self.client.update(self.store, AnyMessage.pack(recorded.registration), self.now)

    def update(self, name: str) -> tuple[Height, ...]:
        message, signature = self.recorded.signed(name)
        packed = AnyMessage.pack(UpdateClientMessage(message, (signature,)))
        return self.client.update(self.store, packed, self.now)

    def verify(self, name: str, value: bytes | None, path: str) -> None:
        message, signature = self.recorded.signed(name)
        decoded = decode_message(message)
        assert isinstance(decoded, VerifyMembership)
        data = CommitmentProofs(message, (signature,)).encode()
        proof = Proof(decoded.height, decoded.prefix, data)
        if value is None:
            self.client.verify_non_membership(self.store, proof, path, self.now)
        else:
            self.client.verify_membership(self.store, proof, path, value, self.now)


@pytest.fixture(params=sorted(ROOTS))
def recorded(request: pytest.FixtureRequest, vectors: Path) -> Recorded:
    return Recorded(vectors, request.param)


@pytest.fixture
def verifier(recorded: Recorded) -> Verifier:
    return Verifier(recorded)


def test_report_says_what_the_recording_says(recorded: Recorded) -> None:
    report = parse_report(recorded.report["avr"].encode())
    assert report.mrenclave == base64.b64decode(recorded.report["mrenclave"])
    assert report.enclave_key == base64.b64decode(recorded.report["enclave_key"])
    assert report.enclave_key.hex() == KEYS[recorded.name]
    assert report.operator == bytes(20)
    assert report.debug
    assert abs(report.attested_at - recorded.time) < 60


def test_report_verifies_to_its_root_alone(recorded: Recorded, vectors: Path) -> None:
    now = moment(recorded.time)
    report = AttestationRoot(recorded.root, development_mode=True).verify(
        recorded.registration, now
    )
    assert report.enclave_key.hex() == KEYS[recorded.name]
    other = next(name for one, name in ROOTS.items() if one != recorded.name)
    wrong = AttestationRoot((vectors / "lcp" / "certs" / other).read_bytes(), development_mode=True)
    with pytest.raises(AVRInvalid):
        wrong.verify(recorded.registration, now)


def test_report_of_a_debug_enclave_in_production(recorded: Recorded) -> None:
    root = AttestationRoot(recorded.root, development_mode=False)
    with pytest.raises(AVRInvalid):
        root.verify(recorded.registration, moment(recorded.time))


def test_altered_report(recorded: Recorded) -> None:
    good = recorded.registration
    root = AttestationRoot(recorded.root, development_mode=True)
    bad = RegisterEnclaveKeyMessage(
        good.report.replace(b'"version":4', b'"version":5'), good.signature, good.signing_cert
    )
    with pytest.raises(AVRInvalid):
        root.verify(bad, moment(recorded.time))


@pytest.mark.parametrize(
    "name",
    [
        "002-init_client",
        "003-update_client",
        "004-verify_channel",
        "005-update_client",
        "006-verify_packet",
        "007-verify_packet_receipt_absence",
    ],
)
def test_messages_encode_to_the_same_bytes(recorded: Recorded, name: str) -> None:
    message, signature = recorded.signed(name)
    assert encode_message(decode_message(message)) == message
    if signature:
        assert recover_address(keccak256(message), signature).hex() == KEYS[recorded.name]


def test_state_id_with_the_padding_quirk(recorded: Recorded) -> None:
    first = decode_message(recorded.signed("002-init_client")[0])
    assert isinstance(first, UpdateState)
    # Tendermint's canonical state: the latest height is (chain version, 0)
    client = recorded.any("002-init_client_input", "any_client_state")
    height = Height(first.post_height.revision_number, first.post_height.revision_height).encode()
    zeroed = Height(first.post_height.revision_number, 0).encode()
    field = b"\x3a" + bytes((len(height),)) + height
    assert client.value.count(field) == 1
    canonical = client.value.replace(field, b"\x3a" + bytes((len(zeroed),)) + zeroed)
    consensus = recorded.any("002-init_client_input", "any_consensus_state")
    made = state_id_of(AnyMessage(client.type_url, canonical), consensus)
    assert made == first.post_state_id


def test_first_message_shows_its_state_and_asks_nothing(recorded: Recorded) -> None:
    first = decode_message(recorded.signed("002-init_client")[0])
    assert isinstance(first, UpdateState)
    assert (first.prev_height, first.prev_state_id) == (Height(), bytes(32))
    assert first.context is None
    emitted = recorded.any("002-init_client_input", "any_client_state")
    assert first.emitted_states[0].state == emitted.encode()


def test_updates_carry_a_trusting_period(recorded: Recorded) -> None:
    update = decode_message(recorded.signed("003-update_client")[0])
    assert isinstance(update, UpdateState)
    assert isinstance(update.context, TrustingPeriod)
    assert update.context.untrusted_header_timestamp == update.timestamp


def test_client_takes_all_that_was_recorded(verifier: Verifier) -> None:
    first = verifier.update("003-update_client")
    second = verifier.update("005-update_client")
    assert second > first
    packet = verifier.recorded.read("006-verify_packet_input")
    verifier.verify("006-verify_packet", base64.b64decode(packet["value"]), packet["path"])
    channel = verifier.recorded.read("004-verify_channel_input")
    verifier.verify("004-verify_channel", base64.b64decode(channel["value"]), channel["path"])
    absence = verifier.recorded.read("007-verify_packet_receipt_absence_input")
    verifier.verify("007-verify_packet_receipt_absence", None, absence["path"])


def test_client_refuses_another_value_or_an_absence_for_a_presence(verifier: Verifier) -> None:
    verifier.update("003-update_client")
    verifier.update("005-update_client")
    packet = verifier.recorded.read("006-verify_packet_input")
    with pytest.raises(LCPClientMembershipMismatch):
        verifier.verify("006-verify_packet", b"another", packet["path"])
    with pytest.raises(LCPClientMembershipMismatch):
        verifier.verify("006-verify_packet", None, packet["path"])


def test_client_takes_updates_in_their_order(verifier: Verifier) -> None:
    verifier.update("005-update_client")  # emits its state, so that it can activate
    with pytest.raises(LCPClientUpdateStateUnexpectedPrevStateId):
        verifier.update("003-update_client")


def test_keys_end(verifier: Verifier) -> None:
    attested = parse_report(verifier.recorded.report["avr"].encode()).attested_at
    verifier.now = moment(attested + EXPIRATION)
    with pytest.raises(LCPClientEnclaveKeyExpired):
        verifier.update("003-update_client")


def test_recorded_updates_aggregate(recorded: Recorded) -> None:
    pair = [decode_message(recorded.signed(f"{n}-update_client")[0]) for n in ("003", "005")]
    updates = [one for one in pair if isinstance(one, UpdateState)]
    whole = aggregate(updates)
    assert (whole.prev_height, whole.post_height) == (
        updates[0].prev_height,
        updates[1].post_height,
    )
    assert decode_message(encode_message(whole)) == whole
