"""The proxy and the attestation service as processes; our contract takes what comes out."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest

from corda_sim.ibc.any import AnyMessage
from corda_sim.lcp._pb import elc_pb2, elc_pb2_grpc
from corda_sim.lcp.client import LcpConnection
from goquorum.deploy import deploy_lcp_client
from goquorum.endpoint.account import Contract, Sender
from tests.integration.goquorum.conftest import refused
from tests.integration.goquorum.enclave import EMPTY_CONSENSUS, client_state, proofs
from tests.unit.ibc import qbft_chain
from tests.unit.ibc.qbft_chain import QbftChain

pytestmark = pytest.mark.integration
ELC, CLIENT = "hb-qbft-0", "lcp-client-0"
PATH, VALUE = "commitments/ports/cross/channels/channel-0/sequences/1", b"a packet"


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "corda_sim.cli.main", "lcp", *words]


def start(*words: str) -> tuple[subprocess.Popen[str], str]:
    """A service's process and its address."""
    process = subprocess.Popen(
        command(*words, "--address", "127.0.0.1:0", "--json"), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, str(json.loads(process.stdout.readline())["address"])


def told(*words: str) -> Any:  # noqa: ANN401 - JSON
    done = subprocess.run(command(*words, "--json"), check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


@dataclass
class Services:
    """Both processes."""

    directory: Path
    proxy: subprocess.Popen[str]
    address: str
    root: bytes

    def enclave_pid(self) -> int:
        children = Path(f"/proc/{self.proxy.pid}/task").glob("*/children")
        (pid,) = " ".join(one.read_text() for one in children).split()
        return int(pid)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    attesting, directory = tmp_path / "attestation", tmp_path / "lcp"
    service, attestation = start("attestation", str(attesting))
    told("register", str(attesting), str(directory))
    proxy, address = start("run", str(directory), "--attestation", attestation)
    yield Services(directory, proxy, address, (attesting / "root.der").read_bytes())
    for process in (proxy, service):
        process.terminate()
        assert process.wait(20) == 0
        assert process.stdout is not None
        process.stdout.close()


@dataclass
class Bridge:
    """A chain, the proxy that follows it, and the contract that believes the proxy."""

    chain: QbftChain
    msg: Any
    contract: Contract
    sender: Sender
    signer: bytes

    def create(self) -> None:
        client, consensus = self.chain.client_state(1), self.chain.consensus_state(1)
        request = elc_pb2.MsgCreateClient(client_id=ELC, signer=self.signer)
        _fill(request.client_state, AnyMessage.pack(client))
        _fill(request.consensus_state, AnyMessage.pack(consensus))
        assert self.msg.CreateClient(request).signature == b""

    def update(self, number: int, trusted: int, *, include: bool = False) -> Any:  # noqa: ANN401
        request = elc_pb2.MsgUpdateClient(client_id=ELC, include_state=include, signer=self.signer)
        _fill(request.header, AnyMessage.pack(self.chain.header(number, trusted)))
        return self.msg.UpdateClient(request)

    def submit(self, message: bytes, signature: bytes) -> None:
        self.contract.transact(self.sender, "updateClient", CLIENT, (message, [signature]))

    def latest(self) -> int:
        return int(self.contract.view("getLatestInfo", CLIENT)[0][1])

    def member(self, number: int, path: str, value: bytes) -> Any:  # noqa: ANN401
        request = elc_pb2.MsgVerifyMembership(
            client_id=ELC, prefix=b"ibc", path=path, value=value, signer=self.signer
        )
        request.proof_height.revision_height = number
        request.proof = self.chain.storage_proof(number, path)
        return self.msg.VerifyMembership(request)

    def absent(self, number: int, path: str) -> Any:  # noqa: ANN401
        request = elc_pb2.MsgVerifyNonMembership(
            client_id=ELC, prefix=b"ibc", path=path, signer=self.signer
        )
        request.proof_height.revision_height = number
        request.proof = self.chain.storage_proof(number, path)
        return self.msg.VerifyNonMembership(request)

    def believes(self, signed: Any, number: int, path: str, value: bytes | None) -> bool:  # noqa: ANN401
        proof = proofs(signed.message, signed.signature)
        common = (CLIENT, (0, number), 0, 0, proof, b"ibc", path.encode())
        if value is None:
            return bool(self.contract.view("verifyNonMembership", *common)[0])
        return bool(self.contract.view("verifyMembership", *common, value)[0])


def _fill(field: Any, packed: AnyMessage) -> None:  # noqa: ANN401 - google.protobuf.Any
    field.type_url, field.value = packed.type_url, packed.value


@pytest.fixture
def bridge(services: Services, owner: Sender, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bridge]:
    monkeypatch.setattr(qbft_chain, "START", int(time.time()) - 60)
    chain = QbftChain()
    chain.commit(PATH, VALUE)
    for _ in range(4):
        chain.make_block()
    contract = deploy_lcp_client(owner, owner.address, services.root, development=True)
    proxy = LcpConnection(services.address)
    key = proxy.enclave_keys()[0]
    state = client_state(mrenclave=proxy.info().mrenclave)
    contract.transact(owner, "initializeClient", CLIENT, state, EMPTY_CONSENSUS)
    report = (key.report.encode(), key.signature, key.signing_cert, b"")
    receipt = contract.transact(owner, "registerEnclaveKey", CLIENT, report)
    assert [event.name for event in contract.events(receipt)] == ["RegisteredEnclaveKey"]
    channel = grpc.insecure_channel(services.address)
    stub = elc_pb2_grpc.MsgStub(channel)  # type: ignore[no-untyped-call]
    yield Bridge(chain, stub, contract, owner, key.enclave_key_address)
    channel.close()
    proxy.close()


def test_the_contract_believes_the_proxy(services: Services, bridge: Bridge) -> None:
    bridge.create()
    first = bridge.update(2, 1, include=True)
    bridge.submit(first.message, first.signature)
    assert bridge.latest() == 2

    # what was answered before the enclave is killed is there after
    os.kill(services.enclave_pid(), signal.SIGKILL)
    pair = [bridge.update(3, 2), bridge.update(4, 3)]
    whole = bridge.msg.AggregateMessages(
        elc_pb2.MsgAggregateMessages(
            signer=bridge.signer,
            messages=[one.message for one in pair],
            signatures=[one.signature for one in pair],
        )
    )
    bridge.submit(whole.message, whole.signature)
    assert bridge.latest() == 4

    assert bridge.believes(bridge.member(4, PATH, VALUE), 4, PATH, VALUE)
    assert bridge.believes(bridge.absent(4, "nothing"), 4, "nothing", None)
    skipped = bridge.update(5, 4)
    altered = skipped.message[:-1] + b"\x01"
    error = refused(lambda: bridge.submit(altered, skipped.signature))
    assert error == "LCPClientEnclaveKeyNotExist"


def test_the_command_line_tells_of_it(services: Services) -> None:
    info = told("info", "--address", services.address)
    assert info["simulated"]
    assert info["debug"]
    (first,) = told("keys", "--address", services.address)
    made = told("attest", "--address", services.address)
    listed = told("keys", "--address", services.address)
    assert {one["key"] for one in listed} == {first["key"], made["key"]}
    nobody = command("info", "--address", "127.0.0.1:1")
    assert subprocess.run(nobody, check=False, stderr=subprocess.DEVNULL).returncode == 3
