"""LCP's gRPC services over a real enclave and a real attestation service."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import grpc
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.signatures import recover_address
from corda_sim.ibc.lightclients.lcp.attestation import AttestationRoot
from corda_sim.ibc.lightclients.lcp.messages import UpdateState, decode_message
from corda_sim.ibc.lightclients.lcp.types import RegisterEnclaveKeyMessage
from corda_sim.ibc.moment import Moment, nanos_of
from corda_sim.lcp._pb import (
    elc_pb2,
    elc_pb2_grpc,
    enclave_pb2,
    enclave_pb2_grpc,
    operations_pb2,
    operations_pb2_grpc,
)
from corda_sim.lcp.attestation.client import AttestationClient
from corda_sim.lcp.attestation.server import start_attestation
from corda_sim.lcp.attestation.service import register_platform
from corda_sim.lcp.client import LcpConnection
from corda_sim.lcp.endpoints import Endpoint
from corda_sim.lcp.errors import (
    LcpBindException,
    LcpRefusedException,
    LcpUnreachableException,
    UnknownEnclaveKeyException,
)
from corda_sim.lcp.node.keys import USABLE_SECONDS
from corda_sim.lcp.node.server import LcpNode, open_platform
from tests.unit.ibc.qbft_chain import QbftChain

ANY_PORT = Endpoint("127.0.0.1:0")


@dataclass
class Running:
    """A proxy with its attestation service, and stubs."""

    directory: Path
    node: LcpNode
    attestation: str
    root: bytes

    def __post_init__(self) -> None:
        channel = grpc.insecure_channel(self.node.address)
        self.msg: Any = elc_pb2_grpc.MsgStub(channel)  # type: ignore[no-untyped-call]
        self.elc: Any = elc_pb2_grpc.QueryStub(channel)  # type: ignore[no-untyped-call]
        self.enclave: Any = enclave_pb2_grpc.QueryStub(channel)  # type: ignore[no-untyped-call]
        self.operations: Any = operations_pb2_grpc.OperationsStub(channel)  # type: ignore[no-untyped-call]
        self.signer = self.offered()[0].ias.enclave_key_address
        self.chain = QbftChain()
        for _ in range(3):
            self.chain.make_block()

    def offered(self, **changes: Any) -> Any:  # noqa: ANN401 - fields of the request
        asked: dict[str, Any] = {
            "mrenclave": self.node.host.mrenclave,
            "enclave_debug": True,
            "ra_type": enclave_pb2.RA_TYPE_IAS,
        }
        request = enclave_pb2.QueryAvailableEnclaveKeysRequest(**(asked | changes))
        return self.enclave.AvailableEnclaveKeys(request).keys

    def create(self, client_id: str) -> Any:  # noqa: ANN401 - a response
        states = (self.chain.client_state(1, 0), self.chain.consensus_state(1))
        packed = (any_of(AnyMessage.pack(one)) for one in states)
        client, consensus = packed
        return self.msg.CreateClient(
            elc_pb2.MsgCreateClient(
                client_id=client_id,
                client_state=client,
                consensus_state=consensus,
                signer=self.signer,
            )
        )

    def update(self, client_id: str, number: int, trusted: int) -> Any:  # noqa: ANN401 - as above
        header = any_of(AnyMessage.pack(self.chain.header(number, trusted)))
        return self.msg.UpdateClient(
            elc_pb2.MsgUpdateClient(client_id=client_id, header=header, signer=self.signer)
        )


def any_of(packed: AnyMessage) -> Any:  # noqa: ANN401 - google.protobuf.Any
    made = elc_pb2.MsgUpdateClient().header
    made.type_url, made.value = packed.type_url, packed.value
    return made


def refused(error: grpc.RpcError) -> tuple[grpc.StatusCode, str]:
    call = cast("grpc.Call", error)
    return call.code(), str(dict(call.trailing_metadata())["error-type"])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    attesting, directory = (tmp_path_factory.mktemp(name) for name in ("attestation", "lcp"))
    server, address = start_attestation(attesting, ANY_PORT)
    register_platform(attesting, open_platform(directory).platform)
    client = AttestationClient(address)
    node = LcpNode(directory, ANY_PORT, client)
    yield Running(directory, node, address, (attesting / "root.der").read_bytes())
    node.stop()
    client.close()
    server.stop(None)


def test_the_enclave_says_that_it_is_a_debug_enclave(running: Running) -> None:
    info = running.enclave.EnclaveInfo(enclave_pb2.QueryEnclaveInfoRequest())
    assert (info.mrenclave, info.enclave_debug) == (running.node.host.mrenclave, True)


def test_a_key_is_offered_with_a_report_that_verifies(running: Running) -> None:
    key = running.offered()[0].ias
    message = RegisterEnclaveKeyMessage(key.report.encode(), key.signature, key.signing_cert)
    now = Moment.at(Height(), nanos_of(datetime.now(UTC)))
    report = AttestationRoot(running.root, development_mode=True).verify(message, now)
    assert report.enclave_key == key.enclave_key_address
    assert report.mrenclave == running.node.host.mrenclave
    assert report.attested_at == key.attestation_time


def test_keys_of_another_enclave_or_kind_are_none(running: Running) -> None:
    assert len(running.offered(mrenclave=bytes(32))) == 0
    assert len(running.offered(enclave_debug=False)) == 0
    assert len(running.offered(ra_type=enclave_pb2.RA_TYPE_DCAP)) == 0


def test_a_key_by_its_address(running: Running) -> None:
    wanted = enclave_pb2.QueryEnclaveKeyRequest(enclave_key_address=running.signer)
    assert running.enclave.EnclaveKey(wanted).key.ias.enclave_key_address == running.signer
    unknown = enclave_pb2.QueryEnclaveKeyRequest(enclave_key_address=bytes(20))
    with pytest.raises(grpc.RpcError) as caught:
        running.enclave.EnclaveKey(unknown)
    expected = (grpc.StatusCode.NOT_FOUND, "UnknownEnclaveKeyException")
    assert refused(caught.value) == expected


def test_attesting_makes_a_new_key_each_time(running: Running) -> None:
    operator = b"\x05" * 20
    asked = operations_pb2.AttestRequest(operator=operator)
    made = running.operations.Attest(asked).key.ias
    assert made.enclave_key_address != running.signer
    assert made.enclave_key_address in {one.ias.enclave_key_address for one in running.offered()}
    with pytest.raises(grpc.RpcError) as caught:
        running.operations.Attest(operations_pb2.AttestRequest(operator=b"short"))
    assert refused(caught.value)[1] == "EnclaveProtocolException"


def test_a_client_is_made_fed_and_found(running: Running) -> None:
    created = running.create("hb-qbft-1")
    assert created.signature == b""
    updated = running.update("hb-qbft-1", 2, 1)
    assert recover_address(keccak256(updated.message), updated.signature) == running.signer
    found = running.elc.Client(elc_pb2.QueryClientRequest(client_id="hb-qbft-1"))
    assert found.found
    assert found.consensus_state.value == running.chain.consensus_state(2).encode()
    assert found.client_state.type_url == "/ibc.lightclients.qbft.v1.ClientState"
    assert not running.elc.Client(elc_pb2.QueryClientRequest(client_id="hb-qbft-7")).found


def test_a_header_in_chunks_is_the_same_header(running: Running) -> None:
    running.create("hb-qbft-2")
    packed = AnyMessage.pack(running.chain.header(2, 1))
    init = elc_pb2.UpdateClientStreamInit(
        client_id="hb-qbft-2", signer=running.signer, type_url=packed.type_url
    )
    parts = [packed.value[at : at + 100] for at in range(0, len(packed.value), 100)]
    chunks = [elc_pb2.MsgUpdateClientStreamChunk(init=init)]
    chunks += [
        elc_pb2.MsgUpdateClientStreamChunk(
            header_chunk=elc_pb2.UpdateClientStreamHeaderChunk(data=part)
        )
        for part in parts
    ]
    streamed = running.msg.UpdateClientStream(iter(chunks))
    assert streamed.message == running.update("hb-qbft-2", 2, 1).message
    for wrong in (chunks[1:], [], [chunks[0], chunks[0]]):
        with pytest.raises(grpc.RpcError) as caught:
            running.msg.UpdateClientStream(iter(wrong))
        expected = (grpc.StatusCode.INVALID_ARGUMENT, "EnclaveProtocolException")
        assert refused(caught.value) == expected


def test_messages_become_one(running: Running) -> None:
    running.create("hb-qbft-3")
    pair = [running.update("hb-qbft-3", 2, 1), running.update("hb-qbft-3", 3, 2)]
    whole = running.msg.AggregateMessages(
        elc_pb2.MsgAggregateMessages(
            signer=running.signer,
            messages=[one.message for one in pair],
            signatures=[one.signature for one in pair],
        )
    )
    update = decode_message(whole.message)
    assert isinstance(update, UpdateState)
    assert (update.prev_height, update.post_height) == (Height(0, 1), Height(0, 3))


def test_absence_at_a_height_that_is_not_known(running: Running) -> None:
    running.create("hb-qbft-4")
    request = elc_pb2.MsgVerifyNonMembership(
        client_id="hb-qbft-4", prefix=b"ibc", path="nothing", signer=running.signer
    )
    request.proof_height.revision_height = 1
    request.proof = running.chain.storage_proof(1, "nothing")
    assert running.msg.VerifyNonMembership(request).signature
    request.proof_height.revision_height = 9
    with pytest.raises(grpc.RpcError) as caught:
        running.msg.VerifyNonMembership(request)
    expected = (grpc.StatusCode.NOT_FOUND, "ErrConsensusStateNotFound")
    assert refused(caught.value) == expected


@pytest.mark.parametrize(
    ("client_id", "signer", "code", "name"),
    [
        ("hb-qbft-9", None, grpc.StatusCode.NOT_FOUND, "ErrClientNotFound"),
        ("hb-qbft-5", bytes(20), grpc.StatusCode.NOT_FOUND, "UnknownEnclaveKeyException"),
        ("hb-qbft-5", None, grpc.StatusCode.INVALID_ARGUMENT, "ErrInvalidHeader"),
    ],
)
def test_errors_have_their_status(
    running: Running, client_id: str, signer: bytes | None, code: grpc.StatusCode, name: str
) -> None:
    asked = elc_pb2.QueryClientRequest(client_id="hb-qbft-5")
    if not running.elc.Client(asked).found:
        running.create("hb-qbft-5")
    request = elc_pb2.MsgUpdateClient(
        client_id=client_id, signer=running.signer if signer is None else signer
    )
    with pytest.raises(grpc.RpcError) as caught:
        running.msg.UpdateClient(request)
    assert refused(caught.value) == (code, name)


def test_a_client_is_made_once(running: Running) -> None:
    running.create("hb-qbft-6")
    with pytest.raises(grpc.RpcError) as caught:
        running.create("hb-qbft-6")
    expected = (grpc.StatusCode.ALREADY_EXISTS, "ClientAlreadyExistsException")
    assert refused(caught.value) == expected


def test_old_keys_are_offered_no_more(running: Running) -> None:
    later = datetime.now(UTC) + timedelta(seconds=USABLE_SECONDS + 5)
    assert running.node.keys.available()
    assert replace(running.node.keys, clock=lambda: later).available() == ()


def test_a_key_that_the_enclave_has_lost_is_not_offered(running: Running) -> None:
    lost = msgspec.structs.replace(running.node.keys.find(running.signer), address=b"\x08" * 20)
    path = running.directory / "keys" / f"{lost.address.hex()}.json"
    path.write_bytes(msgspec.json.encode(lost))
    try:
        assert running.node.keys.find(lost.address) == lost
        assert lost not in running.node.keys.available()
    finally:
        path.unlink()


def test_a_key_file_that_cannot_be_read(running: Running) -> None:
    address = b"\x09" * 20
    path = running.directory / "keys" / f"{address.hex()}.json"
    path.write_text("{}")
    try:
        with pytest.raises(UnknownEnclaveKeyException):
            running.node.keys.find(address)
    finally:
        path.unlink()


def test_an_operator_s_connection(running: Running) -> None:
    proxy = LcpConnection(running.node.address)
    assert proxy.info().mrenclave == running.node.host.mrenclave
    assert running.signer in {one.enclave_key_address for one in proxy.enclave_keys()}
    with pytest.raises(LcpRefusedException) as caught:
        proxy.attest(b"short")
    assert caught.value.type_name == "EnclaveProtocolException"
    proxy.close()


def test_nobody_at_the_address() -> None:
    proxy = LcpConnection("127.0.0.1:1")
    with pytest.raises(LcpUnreachableException):
        proxy.info()
    proxy.close()


def test_an_unregistered_platform_gets_no_key(running: Running, tmp_path: Path) -> None:
    client = AttestationClient(running.attestation)
    with pytest.raises(LcpRefusedException) as caught:
        LcpNode(tmp_path, ANY_PORT, client)
    assert caught.value.type_name == "UnknownPlatformException"
    client.close()


@pytest.mark.parametrize(
    "endpoint",
    [
        Endpoint("0.0.0.0:0"),
        Endpoint("example.org:0"),
        Endpoint("127.0.0.1:0", certificate=Path("x.pem")),
        Endpoint("127.0.0.1:0", Path("gone.pem"), Path("gone.key")),
    ],
)
def test_where_a_service_may_not_listen(tmp_path: Path, endpoint: Endpoint) -> None:
    with pytest.raises(LcpBindException):
        start_attestation(tmp_path, endpoint)


def test_tls_for_those_who_ask_for_it(running: Running, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    server, address = start_attestation(tmp_path, Endpoint("127.0.0.1:0", certificate, key))
    platform = open_platform(running.directory)
    register_platform(tmp_path, platform.platform)
    quote = running.node.host.quote(running.signer)
    trusting, plain = AttestationClient(address, certificate), AttestationClient(address)
    assert trusting.attest(quote).report
    with pytest.raises(LcpUnreachableException):
        plain.attest(quote)
    trusting.close()
    plain.close()
    server.stop(None)


def self_signed(folder: Path) -> tuple[Path, Path]:
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    day, host = timedelta(days=1), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, secret.public_key(), 1, now - day, now + day)
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .sign(secret, SHA256())
    )
    pem = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "tls.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "tls.key").write_bytes(secret.private_bytes(*pem))
    return folder / "tls.pem", folder / "tls.key"
