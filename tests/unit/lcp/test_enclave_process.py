"""The enclave as a process: killed, edited, changed."""

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from corda_sim.lcp.enclave.channel import LOADED, decode_answer, encode
from corda_sim.lcp.enclave.requests import (
    ClientFound,
    GenerateKey,
    KeyReport,
    QueryClient,
    Refused,
    Signed,
)
from corda_sim.lcp.enclave.sealing import FILE_NAME
from corda_sim.lcp.errors import EnclaveRefusedException, EnclaveUnavailableException
from corda_sim.lcp.node.host import EnclaveHost
from corda_sim.lcp.quoting.measurement import ROOT
from corda_sim.lcp.quoting.process import command
from corda_sim.lcp.quoting.service import QuotingService
from tests.unit.lcp.world import NOBODY, QBFT, QbftWorld

UNKNOWN = bytes(20)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[EnclaveHost]:
    made = EnclaveHost(QuotingService(tmp_path))
    yield made
    made.stop()


def new_key(host: EnclaveHost) -> bytes:
    answer = host.call(GenerateKey(NOBODY))
    assert isinstance(answer, KeyReport)
    return answer.report_data[1:21]


def sealed(tmp_path: Path, host: EnclaveHost) -> Path:
    return tmp_path / host.mrenclave.hex() / FILE_NAME


def test_a_killed_enclave_has_lost_nothing_answered(host: EnclaveHost) -> None:
    world = QbftWorld(time=time.time_ns() // 10**9, period=0)
    creation = replace(world.creation(), signer=new_key(host))
    created = host.call(creation)
    assert isinstance(created, Signed)
    before = host.pid
    os.kill(before, signal.SIGKILL)
    found = host.call(QueryClient(QBFT))
    assert host.pid != before
    assert found == ClientFound(True, creation.client_state, creation.consensus_state)
    quote = host.quote(creation.signer)
    assert quote.body[369:389] == creation.signer
    assert quote.body[112:144] == host.mrenclave
    assert quote.body[96] & 2


def test_its_errors_arrive_by_name(host: EnclaveHost) -> None:
    with pytest.raises(EnclaveRefusedException) as caught:
        host.quote(UNKNOWN)
    assert caught.value.type_name == "UnknownEnclaveKeyException"


def test_edited_state_is_refused(host: EnclaveHost, tmp_path: Path) -> None:
    new_key(host)
    host.stop()
    database = sqlite3.connect(sealed(tmp_path, host))
    with database:
        database.execute("UPDATE log SET record = zeroblob(length(record))")
    database.close()
    with pytest.raises(EnclaveRefusedException) as caught:
        host.call(QueryClient(QBFT))
    assert caught.value.type_name == "SealedStateException"


def test_changed_files_are_another_enclave_without_the_former_key(tmp_path: Path) -> None:
    program, state = tmp_path / "program", tmp_path / "state"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "corda_sim", program / "corda_sim", ignore=ignored)
    first = EnclaveHost(QuotingService(state, program))
    key = new_key(first)
    changed = program / "corda_sim/lcp/enclave/signing.py"
    changed.write_bytes(changed.read_bytes() + b"\n")
    os.kill(first.pid, signal.SIGKILL)
    with pytest.raises(EnclaveUnavailableException):
        first.call(QueryClient(QBFT))
    second = EnclaveHost(QuotingService(state, program))
    assert second.mrenclave != first.mrenclave
    with pytest.raises(EnclaveRefusedException) as caught:
        second.quote(key)
    assert caught.value.type_name == "UnknownEnclaveKeyException"
    second.stop()


def test_the_first_request_is_launch_and_garbage_ends_it() -> None:
    process = subprocess.run(
        command(ROOT), input=encode(QueryClient(QBFT)), capture_output=True, check=False, env={}
    )
    assert process.stdout[:1] == LOADED
    answer = decode_answer(process.stdout[5:])
    assert isinstance(answer, Refused)
    assert answer.type_name == "EnclaveProtocolException"
    assert process.stderr == b""
